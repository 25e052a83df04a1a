package dev.sluice.grpo;

/** Hears how far an iteration is, on the training thread. */
@FunctionalInterface
public interface GrpoListener {
    /** Hears nothing. */
    GrpoListener NONE = (iteration, phase, done, total) -> {};

    /**
     * Called after each portion of a phase.
     *
     * @param iteration counted from 0
     * @param phase {@code rollout} or {@code update}
     * @param done portions finished
     * @param total all portions of the phase
     */
    void progress(long iteration, String phase, int done, int total);
}
