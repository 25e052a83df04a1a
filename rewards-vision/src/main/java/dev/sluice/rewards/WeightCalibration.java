package dev.sluice.rewards;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Weights with which a sum of rewards agrees best with a judge, such as people or a large model.
 *
 * <p>Source: the idea of Diffusion Latent Beam Search (2025), arXiv:2501.19252. Differs: the measure is the mean correlation within
 * prompts, and prompts that were left out tell how far the weights can be trusted.
 *
 * @param weights one for each reward, of 0, ¼, ½, ¾ and 1
 * @param agreement the mean correlation with the judge within prompts, −1 to 1
 * @param unseen the same on prompts that took no part in choosing the weights, one for each fold
 */
public record WeightCalibration(List<Double> weights, double agreement, List<Double> unseen) {
    private static final double[] GRID = {0, 0.25, 0.5, 0.75, 1};
    private static final int MOST_REWARDS = 6;
    private static final int FOLDS = 5;

    public WeightCalibration {
        weights = List.copyOf(weights);
        unseen = List.copyOf(unseen);
    }

    /**
     * Tries all weights.
     *
     * @param rewards for each reward the scores of all samples
     * @param judge the scores that the sum should follow
     * @param prompts the prompt of each sample
     * @throws IllegalArgumentException if there are no or more than 6 rewards, lengths differ, or fewer than 5 prompts have samples
     *     that the judge tells apart
     */
    public static WeightCalibration fit(double[][] rewards, double[] judge, int[] prompts) {
        if (!(rewards.length >= 1 && rewards.length <= MOST_REWARDS)) {
            throw new IllegalArgumentException(
                    "There are %s rewards; expected 1 to %s.".formatted(rewards.length, MOST_REWARDS));
        }
        for (double[] reward : rewards) {
            if (reward.length != judge.length || prompts.length != judge.length) {
                throw new IllegalArgumentException("A reward has %s scores, the judge %s, and there are %s prompts; "
                                .formatted(reward.length, judge.length, prompts.length)
                        + "they must be equal.");
            }
        }
        List<int[]> groups = groups(judge, prompts);
        if (groups.size() < FOLDS) {
            throw new IllegalArgumentException(
                    "%s prompts have samples that the judge tells apart; at least %s are needed."
                            .formatted(groups.size(), FOLDS));
        }
        double[] best = best(rewards, judge, groups);
        List<Double> unseen = new ArrayList<>();
        for (int fold = 0; fold < FOLDS; fold++) {
            List<int[]> seen = new ArrayList<>();
            List<int[]> left = new ArrayList<>();
            for (int i = 0; i < groups.size(); i++) {
                (i % FOLDS == fold ? left : seen).add(groups.get(i));
            }
            unseen.add(agreement(rewards, best(rewards, judge, seen), judge, left));
        }
        return new WeightCalibration(
                Arrays.stream(best).boxed().toList(), agreement(rewards, best, judge, groups), unseen);
    }

    private static List<int[]> groups(double[] judge, int[] prompts) {
        Map<Integer, List<Integer>> members = new LinkedHashMap<>();
        for (int i = 0; i < prompts.length; i++) {
            members.computeIfAbsent(prompts[i], prompt -> new ArrayList<>()).add(i);
        }
        return members.values().stream()
                .filter(group ->
                        group.stream().mapToDouble(i -> judge[i]).distinct().count() > 1)
                .map(group -> group.stream().mapToInt(Integer::intValue).toArray())
                .toList();
    }

    private static double[] best(double[][] rewards, double[] judge, List<int[]> groups) {
        double[] best = null;
        double most = Double.NEGATIVE_INFINITY;
        int choices = (int) Math.pow(GRID.length, rewards.length);
        for (int choice = 1; choice < choices; choice++) {
            double[] weights = new double[rewards.length];
            for (int k = 0, rest = choice; k < weights.length; k++, rest /= GRID.length) {
                weights[k] = GRID[rest % GRID.length];
            }
            double agreement = agreement(rewards, weights, judge, groups);
            if (agreement > most + 1e-12) {
                most = agreement;
                best = weights;
            }
        }
        return best;
    }

    private static double agreement(double[][] rewards, double[] weights, double[] judge, List<int[]> groups) {
        double sum = 0;
        for (int[] group : groups) {
            double[] ours = new double[group.length];
            double[] theirs = new double[group.length];
            for (int i = 0; i < group.length; i++) {
                theirs[i] = judge[group[i]];
                for (int k = 0; k < weights.length; k++) {
                    ours[i] += weights[k] * rewards[k][group[i]];
                }
            }
            sum += correlation(ours, theirs);
        }
        return sum / groups.size();
    }

    /** Returns 0 where one side does not vary: such weights tell nothing about the prompt. */
    private static double correlation(double[] a, double[] b) {
        double meanA = Arrays.stream(a).average().orElse(0);
        double meanB = Arrays.stream(b).average().orElse(0);
        double[] sums = new double[3];
        for (int i = 0; i < a.length; i++) {
            sums[0] += (a[i] - meanA) * (a[i] - meanA);
            sums[1] += (b[i] - meanB) * (b[i] - meanB);
            sums[2] += (a[i] - meanA) * (b[i] - meanB);
        }
        return sums[0] < 1e-24 || sums[1] < 1e-24 ? 0 : sums[2] / Math.sqrt(sums[0] * sums[1]);
    }
}
