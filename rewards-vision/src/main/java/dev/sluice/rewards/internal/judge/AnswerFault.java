package dev.sluice.rewards.internal.judge;

/** Says why one question has no answer that can be used; others may have. */
final class AnswerFault extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private static final int SHOWN = 160;

    AnswerFault(String message) {
        super(message);
    }

    /** Returns the beginning of a text of somebody else's, on one line and without characters that steer a terminal. */
    static String excerpt(String text) {
        String line = text.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
        return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…";
    }
}
