package dev.sluice.flow;

/** Pretraining cannot go on: the loss or a gradient is not finite. The weights are those of the update before. */
public final class PretrainingStoppedException extends RuntimeException {
    /** Creates the exception with one clear sentence. */
    public PretrainingStoppedException(String message) {
        super(message);
    }
}
