package dev.sluice.grpo;

import dev.sluice.grpo.IterationReport.Skipped;

/**
 * Where a run stands, beside its arrays.
 *
 * @param iteration finished iterations
 * @param promptPosition prompts drawn
 * @param skippedSamples samples without a finite reward
 * @param skippedUpdates updates that were not applied
 * @param lostInARow iterations and updates that could not be used since the last good update
 */
record TrainerState(long iteration, long promptPosition, long skippedSamples, long skippedUpdates, int lostInARow) {
    static final TrainerState START = new TrainerState(0, 0, 0, 0, 0);

    /** Returns the state after an iteration; one in which there was nothing to learn, without a fault, changes no count. */
    TrainerState after(int prompts, int samples, Skipped skipped, boolean applied) {
        boolean fault = skipped.samples() == samples || skipped.chunks() > 0;
        int lost = lostInARow;
        if (applied) {
            lost = 0;
        } else if (skipped.updates() > 0) {
            lost += skipped.updates();
        } else if (fault) {
            lost++;
        }
        return new TrainerState(
                iteration + 1, promptPosition + prompts, skipped.totalSamples(), skipped.totalUpdates(), lost);
    }
}
