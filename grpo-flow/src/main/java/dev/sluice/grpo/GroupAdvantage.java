package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * How much better a sample did than the others of its prompt: scores to advantages, plain arithmetic.
 *
 * <p>A score that is not finite gets 0 and takes no part in the statistics.
 */
public sealed interface GroupAdvantage
        permits GroupAdvantage.ZScore, GroupAdvantage.AbsoluteValue, GroupAdvantage.WinRate, GroupAdvantage.Scaled {
    /** Flow-GRPO's published setting: population deviation of the whole batch. */
    ZScore FLOW_GRPO = new ZScore(0, 1e-4, Scope.BATCH);

    /** DanceGRPO's published setting: unbiased deviation of the group. */
    ZScore DANCE_GRPO = new ZScore(1, 1e-8, Scope.GROUP);

    /**
     * Returns the advantages of every step.
     *
     * @param scores a row for each sample, a column for each step; NaN or infinite marks an invalid one
     * @param groups the group of each sample
     * @return finite values, 0 for invalid scores
     */
    double[][] estimate(double[][] scores, Groups groups);

    /** Returns one advantage for each sample, of one score each. */
    default double[] estimate(double[] scores, Groups groups) {
        double[][] column =
                Arrays.stream(scores).mapToObj(score -> new double[] {score}).toArray(double[][]::new);
        return Arrays.stream(estimate(column, groups))
                .mapToDouble(row -> row[0])
                .toArray();
    }

    /** Whose deviation an advantage is divided by. */
    enum Scope {
        /** The deviation of the sample's own group. */
        GROUP,
        /** The deviation of all scores of the iteration. */
        BATCH
    }

    /**
     * A_i = (R_i − mean of the group) / (deviation + epsilon), where the deviation is the group's or the whole batch's, and
     * every step stands for itself.
     *
     * <p>A group whose scores are equal gets exact zeros (in float32 the rounding of the mean, divided by a tiny epsilon,
     * would otherwise give advantages near 1), and so does a group with fewer than two finite scores.
     *
     * <p>Source: Flow-GRPO (2025), {@code flow_grpo/stat_tracking.py}; DanceGRPO (2025), {@code fastvideo/train_grpo_flux.py}.
     *
     * @param ddof 0 divides the squares by n, 1 by n − 1
     * @param epsilon added to the deviation
     * @param scope whose deviation divides; the mean is always the group's
     */
    record ZScore(int ddof, double epsilon, Scope scope) implements GroupAdvantage {
        public ZScore {
            if (ddof != 0 && ddof != 1) {
                throw new IllegalArgumentException("ddof (%s) must be 0 or 1.".formatted(ddof));
            }
            Require.notNegative("epsilon", epsilon);
        }

        @Override
        public double[][] estimate(double[][] scores, Groups groups) {
            return byStep(scores, groups, column -> normalised(column, groups));
        }

        private double[] normalised(double[] scores, Groups groups) {
            double batchDeviation = Moments.of(scores).deviation(ddof);
            double[] advantages = new double[scores.length];
            for (int[] members : groups.members()) {
                Moments moments = Moments.of(scores, members);
                if (moments.flat()) {
                    continue;
                }
                double deviation = scope == Scope.BATCH ? batchDeviation : moments.deviation(ddof);
                for (int i : members) {
                    if (Double.isFinite(scores[i])) {
                        advantages[i] = (scores[i] - moments.mean()) / (deviation + epsilon);
                    }
                }
            }
            return advantages;
        }
    }

    /**
     * VGPO's advantage, which outlives the differences within the group: A = ω·(z + κ·Q), where Q is the score above a floor, z
     * its {@link ZScore} and ω_k = Q_k/mean_j Q_j the share of the step in its sample, cut to [0, 5]. Scores that are the same
     * for all steps have ω = 1. The second part lifts everything whose score is above the floor, good or bad within its group.
     *
     * <p>Source: Anchoring Values in Temporal and Group Dimensions (2025), arXiv:2512.12387, rebuilt from its abstract and
     * reviews; κ is ours.
     *
     * @param relative the first part
     * @param weight κ ≥ 0
     * @param steps so many of the trained steps, the first, have the second part
     * @param floor what scores are counted from: their lower bound, or what is to be surpassed
     */
    record AbsoluteValue(ZScore relative, double weight, int steps, double floor) implements GroupAdvantage {
        private static final double LEAST_MEAN = 1e-6;
        private static final double MOST_SHARE = 5;

        public AbsoluteValue {
            Require.notNegative("weight", weight);
            Require.atLeast("steps", steps, 1);
        }

        @Override
        public double[][] estimate(double[][] scores, Groups groups) {
            double[][] advantages = relative.estimate(scores, groups);
            for (int i = 0; i < scores.length; i++) {
                double mean = Math.max(Moments.of(scores[i]).mean() - floor, LEAST_MEAN);
                for (int k = 0; k < scores[i].length; k++) {
                    if (Double.isFinite(scores[i][k])) {
                        double value = scores[i][k] - floor;
                        double share = Math.min(Math.max(value / mean, 0), MOST_SHARE);
                        advantages[i][k] = share * (advantages[i][k] + (k < steps ? weight * value : 0));
                    }
                }
            }
            return advantages;
        }
    }

    /**
     * A sample is worth the share of the others of its group that it beats, a tie counting half; the {@link ZScore} of that
     * share is its advantage. How far apart two scores are does not matter, so rewards that barely differ do no harm.
     *
     * <p>Source: Pref-GRPO (2025), arXiv:2508.20751. Differs: scores are compared, where the source asks a model that sees both
     * pictures; the share is not rounded.
     *
     * @param margin scores no further apart are a tie, at least 0
     * @param of what is done with the shares
     */
    record WinRate(double margin, ZScore of) implements GroupAdvantage {
        public WinRate {
            Require.notNegative("margin", margin);
        }

        @Override
        public double[][] estimate(double[][] scores, Groups groups) {
            return of.estimate(byStep(scores, groups, column -> shares(column, groups)), groups);
        }

        private double[] shares(double[] scores, Groups groups) {
            double[] shares = new double[scores.length];
            for (int[] members : groups.members()) {
                for (int i : members) {
                    double points = 0;
                    int others = 0;
                    for (int j : members) {
                        if (j != i && Double.isFinite(scores[i]) && Double.isFinite(scores[j])) {
                            double lead = scores[i] - scores[j];
                            points += Math.abs(lead) <= margin ? 0.5 : lead > 0 ? 1 : 0;
                            others++;
                        }
                    }
                    shares[i] = others == 0 ? Double.NaN : points / others;
                }
            }
            return shares;
        }
    }

    /**
     * A = S/(deviation + epsilon) with the population deviation of all scores of all steps, and no mean taken off: for scores
     * that have their zero in the right place, as {@link Credit.ReNorm}'s. If they are all equal, they teach nothing.
     *
     * @param epsilon added to the deviation
     */
    record Scaled(double epsilon) implements GroupAdvantage {
        public Scaled {
            Require.notNegative("epsilon", epsilon);
        }

        @Override
        public double[][] estimate(double[][] scores, Groups groups) {
            Moments all = Moments.of(
                    Arrays.stream(scores).flatMapToDouble(Arrays::stream).toArray());
            double divisor = all.flat() ? Double.POSITIVE_INFINITY : all.deviation(0) + epsilon;
            return byStep(
                    scores,
                    groups,
                    column -> Arrays.stream(column)
                            .map(score -> Double.isFinite(score) ? score / divisor : 0)
                            .toArray());
        }
    }

    /** Applies something to the scores of each step. */
    private static double[][] byStep(double[][] scores, Groups groups, UnaryOperator<double[]> work) {
        if (scores.length != groups.samples()) {
            throw new IllegalArgumentException("rewards has %s values but groups has %s samples; they must be equal."
                    .formatted(scores.length, groups.samples()));
        }
        double[][] results = new double[scores.length][];
        Arrays.setAll(results, i -> new double[scores[i].length]);
        int steps = scores.length == 0 ? 0 : scores[0].length;
        for (int step = 0; step < steps; step++) {
            int column = step;
            double[] one = work.apply(
                    Arrays.stream(scores).mapToDouble(row -> row[column]).toArray());
            for (int i = 0; i < one.length; i++) {
                results[i][step] = one[i];
            }
        }
        return results;
    }
}
