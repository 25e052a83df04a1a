package dev.sluice.grpo;

import dev.sluice.flow.AdamW;
import dev.sluice.flow.tensor.Require;
import java.util.Optional;

/**
 * Noise that is learned with the policy: a diffusion g of every step, ln g = ln least + (ln most − ln least)·(tanh ρ + 1)/2 with a
 * trained ρ, which begins at the run's own noise. The policy gradient flows through the steps' mean and deviation alike.
 *
 * <p>Source: ReinFlow (2025), arXiv:2505.22094, {@code model/flow/ft_ppo/ppoflow.py}. Differs: a number for each step, not a network of
 * the state; in the mean of the SDE that keeps the flow's marginals; rewards of finished samples compared within groups, not a
 * critic of states.
 *
 * @param least lower bound of g, above 0
 * @param most upper bound of g, above {@code least}
 * @param entropy weight of the steps' entropy, ½·ln(2πe·s²) for each element, in the loss; published as 0.03 for few elements
 * @param narrowing how the upper bound falls; empty if it stays
 * @param optimiser of ρ
 */
public record NoiseLearning(
        double least, double most, double entropy, Optional<Narrowing> narrowing, AdamW.Options optimiser) {
    /** What is left of the way from the lower bound to the upper one when it has fallen. */
    private static final double KEPT = 0.7;

    public NoiseLearning {
        Require.positive("least", least);
        Require.within("most", most, Math.nextUp(least), Double.MAX_VALUE);
        Require.notNegative("entropy", entropy);
    }

    /**
     * The upper bound falls along a cosine to 0.3·least + 0.7·most, as published from 35% of the run on.
     *
     * @param from iteration in which it begins, at least 0
     * @param to iteration in which it ends, above {@code from}
     */
    public record Narrowing(int from, int to) {
        public Narrowing {
            Require.atLeast("from", from, 0);
            if (to <= from) {
                throw new IllegalArgumentException("to (%s) must be above from (%s).".formatted(to, from));
            }
        }
    }

    /** Returns the upper bound of an iteration. */
    double mostAt(long iteration) {
        if (narrowing.isEmpty() || iteration <= narrowing.get().from()) {
            return most;
        }
        Narrowing way = narrowing.get();
        double done = Math.min(1, (double) (iteration - way.from()) / (way.to() - way.from()));
        double end = least + KEPT * (most - least);
        return end + (most - end) * (1 + Math.cos(Math.PI * done)) / 2;
    }

    /** Refuses what cannot be learned. */
    void check(GrpoOptions.Rollout rollout, Objective objective) {
        if (!rollout.sde().rule().diffuses()) {
            throw new IllegalArgumentException(
                    "%s has no diffusion to learn, because its steps are not those of an SDE.%nMaybe take the rule dance or flow-sde."
                            .formatted(rollout.sde().rule()));
        }
        if (!(objective instanceof PolicyGradient gradient)) {
            throw new IllegalArgumentException(
                    "Noise is learned by the policy gradient, because only that has the density of a step.%nMaybe write objective.type: policy-gradient."
                            .formatted());
        }
        if (gradient.ratioRule() instanceof RatioRule.Normalised) {
            throw new IllegalArgumentException(
                    "A normalised ratio has one deviation, but learned noise changes it between rollout and update.%nMaybe write ratio: plain."
                            .formatted());
        }
    }
}
