package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.Arrays;
import java.util.List;

/**
 * Flow matching of the policy's own samples, those more that are worth more than the critic has expected: with A = r̂ − V(x_σ, σ, c)
 * cut to ±limit, L = mean w(A)·e with weights of mean 1, where r̂ is the advantage within the group. With a critic that says nothing it
 * is reward-weighted flow matching.
 *
 * <p>Source: AC-Flow (2025), rebuilt from its abstract; the division is ours, so that the temperature does not change the learning
 * rate.
 *
 * @param weighting from A to weights
 * @param temperature T above 0
 * @param limit published in words alone; 1
 */
public record CriticWeighted(Weighting weighting, double temperature, double limit) implements SampleLoss {
    /** From how much more a sample is worth to its weight. */
    public enum Weighting {
        /** exp(A/T). */
        EXPONENTIAL,
        /** max(0, 1 + A/T). */
        LINEAR
    }

    public CriticWeighted {
        Require.positive("temperature", temperature);
        Require.positive("limit", limit);
    }

    @Override
    public List<Lot> lots(Outcomes outcomes, int size) {
        int[] samples = Outcomes.joined(outcomes.learnable());
        return Lot.ofSamples(samples, outcomes.advantages(samples), size);
    }

    @Override
    public Result of(MatchingErrors errors, Lot lot) {
        double[][] present = errors.present();
        double[][] weights = new double[present.length][lot.size()];
        for (int m = 0; m < present.length; m++) {
            for (int i = 0; i < lot.size(); i++) {
                double lead = lot.worth()[i] - errors.values()[m][i];
                double cut = Math.min(Math.max(lead, -limit), limit) / temperature;
                weights[m][i] = switch (weighting) {
                    case EXPONENTIAL -> Math.exp(cut);
                    case LINEAR -> Math.max(0, 1 + cut);
                };
            }
        }
        double sum = Arrays.stream(weights).flatMapToDouble(Arrays::stream).sum();
        double[][] slopes = new double[present.length][lot.size()];
        double value = 0;
        for (int m = 0; m < present.length; m++) {
            for (int i = 0; i < lot.size(); i++) {
                slopes[m][i] = sum > 0 ? weights[m][i] / sum : 0;
                value += slopes[m][i] * present[m][i];
            }
        }
        return Result.of(value, slopes, SampleLoss.errorsOf(errors));
    }

    @Override
    public boolean asksCritic() {
        return true;
    }

    /** Weights of mean 1 belong to all draws of a lot together. */
    @Override
    public boolean joinsLevels() {
        return true;
    }
}
