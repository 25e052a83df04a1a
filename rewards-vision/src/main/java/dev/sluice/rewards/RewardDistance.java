package dev.sluice.rewards;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How differently two rewards judge the same samples, whatever their scales are and whatever they give a prompt as a whole.
 *
 * <p>Source: STARC (2023), arXiv:2309.15257: ½‖s(R₁) − s(R₂)‖ with s(R) = C(R)/‖C(R)‖. Differs: a generation is one decision, so the
 * canonical reward C(R) is the score less the mean of its prompt's samples.
 */
public final class RewardDistance {
    private RewardDistance() {}

    /**
     * Returns the distance: 0 if one reward is the other times a number above 0 plus something for each prompt, √½ if they have
     * nothing in common, 1 if they are opposites, ½ if one of them tells no samples apart. Every prompt weighs the same. Samples
     * that one of the rewards could not score (NaN) do not count.
     *
     * @param one scores of samples
     * @param other scores of the same samples
     * @param prompts the prompt of each sample
     * @throws IllegalArgumentException if the lengths differ
     */
    public static double starc(double[] one, double[] other, int[] prompts) {
        if (one.length != other.length || one.length != prompts.length) {
            throw new IllegalArgumentException("one, other and prompts have %s, %s and %s entries; they must be equal."
                    .formatted(one.length, other.length, prompts.length));
        }
        Map<Integer, double[]> sums = new LinkedHashMap<>();
        for (int i = 0; i < one.length; i++) {
            if (Double.isFinite(one[i]) && Double.isFinite(other[i])) {
                double[] sum = sums.computeIfAbsent(prompts[i], prompt -> new double[3]);
                sum[0] += one[i];
                sum[1] += other[i];
                sum[2]++;
            }
        }
        double[] squares = new double[3];
        for (int i = 0; i < one.length; i++) {
            if (Double.isFinite(one[i]) && Double.isFinite(other[i])) {
                double[] sum = sums.get(prompts[i]);
                double a = one[i] - sum[0] / sum[2];
                double b = other[i] - sum[1] / sum[2];
                squares[0] += a * a / sum[2];
                squares[1] += b * b / sum[2];
                squares[2] += a * b / sum[2];
            }
        }
        boolean flat = squares[0] < 1e-24;
        boolean otherFlat = squares[1] < 1e-24;
        if (flat || otherFlat) {
            return flat && otherFlat ? 0 : 0.5;
        }
        double correlation = squares[2] / Math.sqrt(squares[0] * squares[1]);
        return Math.sqrt(Math.max(0, (1 - correlation) / 2));
    }
}
