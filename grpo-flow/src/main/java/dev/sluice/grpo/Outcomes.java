package dev.sluice.grpo;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * What an iteration's finished samples are worth.
 *
 * @param rewards one for each sample; NaN where a sample cannot be used
 * @param advantages one for each sample
 * @param groups the group of each sample
 * @param dropZero whether groups in which no sample has an advantage are left out
 * @param latents the clean latents of a sample, flat
 */
public record Outcomes(
        double[] rewards, double[] advantages, Groups groups, boolean dropZero, IntFunction<float[]> latents) {
    /** Returns the samples of each group that can be learned from, in order; groups without any are left out. */
    public int[][] learnable() {
        return Arrays.stream(groups.members())
                .map(members -> Arrays.stream(members)
                        .filter(i -> Double.isFinite(rewards[i]))
                        .toArray())
                .filter(members -> !dropZero || Arrays.stream(members).anyMatch(i -> advantages[i] != 0))
                .filter(members -> members.length > 0)
                .toArray(int[][]::new);
    }

    /** Returns the advantages of some samples, in their order. */
    double[] advantages(int[] samples) {
        return Arrays.stream(samples).mapToDouble(i -> advantages[i]).toArray();
    }

    /** Returns the samples of all groups in rising order. */
    static int[] joined(int[][] groups) {
        return Arrays.stream(groups).flatMapToInt(IntStream::of).sorted().toArray();
    }
}
