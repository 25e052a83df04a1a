package dev.sluice.grpo;

/** Training cannot go on: too many updates in a row had to be skipped. The weights are those of the last good update. */
public final class TrainingStoppedException extends RuntimeException {
    /** Creates the exception with one clear sentence. */
    public TrainingStoppedException(String message) {
        super(message);
    }
}
