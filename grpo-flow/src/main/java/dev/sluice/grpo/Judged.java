package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
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
        GrpoOptions.Signal signal) {
    /** Returns for each sample whether it is learned from. */
    boolean[] kept() {
        return signal.selection().kept(advantages, rewards);
    }

    /** Returns what the finished samples are worth, for advantages of one column; what is not kept cannot be used. */
    Outcomes outcomes() {
        boolean[] kept = kept();
        double[] used = rewards.clone();
        Arrays.setAll(used, i -> kept[i] ? rewards[i] : Double.NaN);
        return new Outcomes(
                used,
                advantages.column(0, used.length, 0),
                groups,
                signal.selection().dropZero(),
                this::latents);
    }

    private float[] latents(int sample) {
        int size = chunks.get(0).size();
        NDArray all = chunks.get(sample / size).trajectory().latents();
        try (NDArray row = all.get(sample % size)) {
            return row.toFloatArray();
        }
    }
}
