package dev.sluice.grpo;

import java.util.List;

/**
 * An iteration's samples and what they are worth.
 *
 * @param iteration counted from 0
 * @param chunks as they were sampled, in the order of the samples
 * @param rewards one for each sample; NaN where there is none
 * @param advantages of every sample, a column for each step that {@link Teacher#creditedSteps} names
 * @param groups the group of each sample
 * @param signal how rewards became advantages
 */
record Judged(
        long iteration,
        List<Chunk> chunks,
        double[] rewards,
        Advantages advantages,
        Groups groups,
        GrpoOptions.Signal signal) {}
