package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * PRDP: a regression of reward differences on differences of log-ratios. A sample's score is q = mean over its trained steps of
 * q_k = log π − log π_ref; for every pair of a prompt's samples with ΔR = R_a − R_b above 0, ℓ = (q_a − q_b − ΔR/β)², and ℓ^c the
 * same with every q_k held within c of what it was at the rollout. The loss is the mean of max(ℓ, ℓ^c); without a pair it is 0.
 * At its optimum q_a − q_b = ΔR/β, which is that of the reward with a divergence from the reference.
 *
 * <p>Source: PRDP (2024), arXiv:2402.08714, Algorithm 1.
 *
 * @param beta β above 0, for log-probabilities that are means per element and step; published as 3e-5 and 3e-6
 * @param clipRange c above 0; published as 1e-6 and 1e-4; infinite for none
 */
public record RewardDifference(double beta, double clipRange) implements Objective {
    public RewardDifference {
        Require.positive("beta", beta);
        Require.within("clipRange", clipRange, Double.MIN_VALUE, Double.POSITIVE_INFINITY);
    }

    @Override
    public void check(
            GrpoOptions.Batch batch,
            GrpoOptions.Rollout rollout,
            GrpoOptions.Signal signal,
            GrpoOptions.Updates updates) {
        rollout.requireDensities();
        Matching.requireOutcomes(signal);
        Matching.requirePlainRewards(signal);
    }

    /**
     * A loss.
     *
     * @param value mean over the pairs; 0 if there is none
     * @param slopes ∂value/∂q_k, a row for each sample
     * @param measures what else is reported, by name
     */
    public record Result(double value, double[][] slopes, Map<String, Double> measures) {}

    /** Samples whose rewards differ, the better one first. */
    private record Pair(int better, int worse, double difference) {}

    /**
     * Returns the loss and its derivatives.
     *
     * @param now q_k of the present weights, a row for each sample, a column for each trained step
     * @param old the same of the weights that sampled
     * @param rewards of the samples
     * @param groups samples that are compared with one another, by their numbers
     */
    public Result of(double[][] now, double[][] old, double[] rewards, int[][] groups) {
        int steps = now.length == 0 ? 0 : now[0].length;
        double[][] held = new double[now.length][steps];
        for (int i = 0; i < now.length; i++) {
            for (int k = 0; k < steps; k++) {
                held[i][k] = Math.min(Math.max(now[i][k], old[i][k] - clipRange), old[i][k] + clipRange);
            }
        }
        List<Pair> pairs = pairs(rewards, groups);
        double[][] slopes = new double[now.length][steps];
        double value = 0;
        double right = 0;
        for (Pair pair : pairs) {
            double free = mean(now[pair.better]) - mean(now[pair.worse]) - pair.difference / beta;
            double clipped = mean(held[pair.better]) - mean(held[pair.worse]) - pair.difference / beta;
            boolean moves = free * free >= clipped * clipped;
            double rest = moves ? free : clipped;
            value += rest * rest / pairs.size();
            right += (mean(now[pair.better]) > mean(now[pair.worse]) ? 1.0 : 0.0) / pairs.size();
            for (int k = 0; k < steps; k++) {
                double slope = 2 * rest / pairs.size() / steps;
                slopes[pair.better][k] += moves || held[pair.better][k] == now[pair.better][k] ? slope : 0;
                slopes[pair.worse][k] -= moves || held[pair.worse][k] == now[pair.worse][k] ? slope : 0;
            }
        }
        return new Result(value, slopes, pairs.isEmpty() ? Map.of() : Map.of(Measures.ACCURACY, right));
    }

    private static List<Pair> pairs(double[] rewards, int[][] groups) {
        List<Pair> pairs = new ArrayList<>();
        for (int[] members : groups) {
            for (int a : members) {
                for (int b : members) {
                    if (rewards[a] > rewards[b]) {
                        pairs.add(new Pair(a, b, rewards[a] - rewards[b]));
                    }
                }
            }
        }
        return pairs;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(0);
    }
}
