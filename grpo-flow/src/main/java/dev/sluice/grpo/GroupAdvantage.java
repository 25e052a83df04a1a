package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.Arrays;

/**
 * How much better a sample did than the others of its prompt:
 * A_i = (R_i − mean of the group) / (deviation + epsilon), where the deviation is the group's or the whole batch's.
 *
 * <p>A group whose rewards are equal gets exact zeros (in float32 the rounding of the mean, divided by a tiny epsilon,
 * would otherwise give advantages near 1), and so does a group with fewer than two finite rewards. A reward that is not
 * finite gets 0 and takes no part in the statistics.
 *
 * <p>Source: Flow-GRPO (2025), {@code flow_grpo/stat_tracking.py}; DanceGRPO (2025), {@code fastvideo/train_grpo_flux.py}.
 *
 * @param ddof 0 divides the squares by n, 1 by n − 1
 * @param epsilon added to the deviation
 * @param scope whose deviation divides; the mean is always the group's
 */
public record GroupAdvantage(int ddof, double epsilon, Scope scope) {
    /** Whose deviation an advantage is divided by. */
    public enum Scope {
        /** The deviation of the sample's own group. */
        GROUP,
        /** The deviation of all rewards of the iteration. */
        BATCH
    }

    /** Flow-GRPO's published setting: population deviation of the whole batch. */
    public static final GroupAdvantage FLOW_GRPO = new GroupAdvantage(0, 1e-4, Scope.BATCH);

    /** DanceGRPO's published setting: unbiased deviation of the group. */
    public static final GroupAdvantage DANCE_GRPO = new GroupAdvantage(1, 1e-8, Scope.GROUP);

    public GroupAdvantage {
        if (ddof != 0 && ddof != 1) {
            throw new IllegalArgumentException("ddof (%s) must be 0 or 1.".formatted(ddof));
        }
        Require.notNegative("epsilon", epsilon);
    }

    /**
     * Returns one advantage for each sample.
     *
     * @param rewards one for each sample; NaN or infinite marks an invalid one
     * @param groups the group of each sample
     * @return finite values, 0 for invalid samples
     */
    public double[] estimate(double[] rewards, Groups groups) {
        if (rewards.length != groups.samples()) {
            throw new IllegalArgumentException("rewards has %s values but groups has %s samples; they must be equal."
                    .formatted(rewards.length, groups.samples()));
        }
        double batchDeviation = Moments.of(rewards).deviation(ddof);
        double[] advantages = new double[rewards.length];
        for (int[] members : groups.members()) {
            Moments moments = Moments.of(rewards, members);
            if (moments.flat()) {
                continue;
            }
            double deviation = scope == Scope.BATCH ? batchDeviation : moments.deviation(ddof);
            for (int i : members) {
                if (Double.isFinite(rewards[i])) {
                    advantages[i] = (rewards[i] - moments.mean()) / (deviation + epsilon);
                }
            }
        }
        return advantages;
    }

    /**
     * Returns the advantages of every step by itself.
     *
     * @param scores a row for each sample, a column for each step
     */
    public double[][] estimate(double[][] scores, Groups groups) {
        double[][] advantages = new double[scores.length][];
        Arrays.setAll(advantages, i -> new double[scores[i].length]);
        int steps = scores.length == 0 ? 0 : scores[0].length;
        for (int step = 0; step < steps; step++) {
            int column = step;
            double[] one = estimate(
                    Arrays.stream(scores).mapToDouble(row -> row[column]).toArray(), groups);
            for (int i = 0; i < one.length; i++) {
                advantages[i][step] = one[i];
            }
        }
        return advantages;
    }
}
