package dev.sluice.rewards;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Says that a reward can score nothing at present, for a reason that lies in no sample, such as a server that cannot be reached.
 * It is thrown in place of reasons for single samples, so that whoever scores stops and can go on later.
 */
public final class RewardUnavailable extends UncheckedIOException {
    private static final long serialVersionUID = 1;

    /** Creates it with one sentence, and maybe a line that says what to do. */
    public RewardUnavailable(String message) {
        this(new IOException(message));
    }

    /** Creates it for a failure whose message is such a sentence. */
    public RewardUnavailable(IOException cause) {
        super(cause.getMessage(), cause);
    }
}
