package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.Arrays;
import java.util.List;

/**
 * Flow matching of the policy's own samples, the better ones more: L = mean w·e with weights of mean 1. Where all weights are
 * equal it is flow matching.
 *
 * <p>Source: Flow-RWR in Improving Video Generation with Human Feedback (2025), arXiv:2501.13918; rejection fine-tuning:
 * flow_grpo, {@code train_sd3_sft.py}. Differs: weights are divided by their mean over the iteration, so that the temperature
 * does not change the learning rate; samples of weight 0 cost nothing.
 *
 * @param weighting from rewards to weights
 * @param temperature τ above 0; {@link Weighting#EQUAL} and {@link Weighting#BEST} have none and ignore it
 */
public record RewardWeighted(Weighting weighting, double temperature) implements SampleLoss {
    /** From rewards to weights. */
    public enum Weighting {
        /** exp(R/τ), over all samples of the iteration. */
        EXPONENTIAL,
        /** The softmax of R/τ within the group. */
        SOFTMAX,
        /** 1 for all: flow matching of the policy's own samples. */
        EQUAL,
        /** 1 for the best of a group, ties all counting, and 0 for the others: rejection fine-tuning. */
        BEST
    }

    public RewardWeighted {
        Require.positive("temperature", temperature);
    }

    @Override
    public List<Lot> lots(Outcomes outcomes, int size) {
        int[][] groups = outcomes.learnable();
        double[] weights = new double[outcomes.rewards().length];
        double most = best(Outcomes.joined(groups), outcomes.rewards());
        double sum = 0;
        for (int[] members : groups) {
            double top = weighting == Weighting.EXPONENTIAL ? most : best(members, outcomes.rewards());
            double total = 0;
            for (int i : members) {
                double behind = outcomes.rewards()[i] - top;
                weights[i] = switch (weighting) {
                    case EQUAL -> 1;
                    case BEST -> behind == 0 ? 1 : 0;
                    case EXPONENTIAL, SOFTMAX -> Math.exp(behind / temperature);
                };
                total += weights[i];
            }
            if (weighting == Weighting.SOFTMAX) {
                for (int i : members) {
                    weights[i] *= members.length / total;
                }
                total = members.length;
            }
            sum += total;
        }
        int[] samples = Arrays.stream(Outcomes.joined(groups))
                .filter(i -> weights[i] > 0)
                .toArray();
        double mean = sum / samples.length;
        return Lot.ofSamples(
                samples,
                Arrays.stream(samples).mapToDouble(i -> weights[i] / mean).toArray(),
                size);
    }

    private static double best(int[] samples, double[] rewards) {
        return Arrays.stream(samples).mapToDouble(i -> rewards[i]).max().orElse(0);
    }

    @Override
    public Result of(MatchingErrors errors, Lot lot) {
        double[][] present = errors.present();
        double share = 1.0 / (present.length * lot.size());
        double[][] slopes = new double[present.length][lot.size()];
        double value = 0;
        for (int m = 0; m < present.length; m++) {
            for (int i = 0; i < lot.size(); i++) {
                slopes[m][i] = share * lot.worth()[i];
                value += slopes[m][i] * present[m][i];
            }
        }
        return Result.of(value, slopes, SampleLoss.errorsOf(errors));
    }

    @Override
    public boolean usesAdvantages() {
        return false;
    }
}
