package dev.sluice.flow;

/** Hears of every finished step of a sampling run, to show progress or to stop it. */
@FunctionalInterface
public interface StepListener {
    /** A listener that lets every run go on. */
    StepListener NONE = (done, steps) -> true;

    /**
     * Called after each step.
     *
     * @param done finished steps, 1..steps
     * @param steps all steps of the run
     * @return whether to go on; on false the run ends with a {@link java.util.concurrent.CancellationException}
     */
    boolean finished(int done, int steps);
}
