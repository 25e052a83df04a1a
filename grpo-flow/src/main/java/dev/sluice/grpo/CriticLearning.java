package dev.sluice.grpo;

import dev.sluice.flow.AdamW;
import dev.sluice.flow.tensor.Require;
import java.util.List;

/**
 * A critic of noisy latents V(x_σ, σ, c), which learns beside the policy what a sample will be worth: the mean of
 * (V(x_σ, σ, c) − r̂)² over the finished samples at fresh levels of noise, where r̂ is the outcome's advantage within its group, cut
 * to ±3. So V is what can be told of the outcome from a state along the way: a baseline, credit for steps, and a reward model of
 * latents whose gradient can lead.
 *
 * <p>Source: AC-Flow (2025), rebuilt from its abstract; Euphonium (2026), arXiv:2602.04928, trains such a model before, on videos.
 *
 * @param width features of each patch, at least 1
 * @param updates of an iteration, each on all its samples, at least 1
 * @param warmUp iterations in the beginning in which the critic learns alone, at least 0
 * @param optimiser its own
 */
public record CriticLearning(int width, int updates, int warmUp, AdamW.Options optimiser) {
    public CriticLearning {
        Require.atLeast("width", width, 1);
        Require.atLeast("updates", updates, 1);
        Require.atLeast("warmUp", warmUp, 0);
    }

    /**
     * What a critic has to say about steps.
     *
     * @param judges whether it, and not the reward of completions, says what states along the way are worth
     * @param processWeight weight of the advantage of V(x_k) beside that of the outcome; 0 for none
     */
    public record Steps(boolean judges, double processWeight) {
        /** Nothing. */
        public static final Steps NONE = new Steps(false, 0);

        public Steps {
            Require.notNegative("processWeight", processWeight);
        }

        /** Refuses what it has no meaning with. */
        void check(Credit credit, Combination combination, List<Integer> granularities) {
            if (judges && !(credit instanceof Credit.Gain || credit instanceof Credit.Value)) {
                throw new IllegalArgumentException(
                        "credit (%s) must be the gain or the value of a step where the critic judges, because it sees only the states around stochastic steps."
                                .formatted(credit));
            }
            if (judges && combination != Combination.REWARD_SUM) {
                throw new IllegalArgumentException(
                        "combination (%s) must be reward-sum where the critic judges, because it has learned the rewards as one."
                                .formatted(combination));
            }
            if (asked() && granularities.size() > 1) {
                throw new IllegalArgumentException(
                        "granularities (%s) must be [1] with a critic of steps.".formatted(granularities));
            }
        }

        /** Returns whether the critic is asked. */
        boolean asked() {
            return judges || processWeight > 0;
        }
    }

    /** Refuses a critic that nobody asks, and questions without one. */
    static void check(boolean present, GrpoOptions.Rollout rollout, GrpoOptions.Signal signal, Objective objective) {
        boolean asked = signal.critic().asked()
                || rollout.gradient().filter(CriticGradient.class::isInstance).isPresent()
                || (objective instanceof Matching matching && matching.loss().asksCritic());
        if (present != asked) {
            throw new IllegalArgumentException(
                    present
                            ? "critic must go, because nothing asks it.%nMaybe leave it out, or take the objective ac-flow."
                                    .formatted()
                            : "critic is missing, but something asks it.%nMaybe write critic: {width: 64, updates: 4, warmUp: 5, learningRate: 1.0e-3}."
                                    .formatted());
        }
        if (signal.critic().asked() && !(objective instanceof PolicyGradient)) {
            throw new IllegalArgumentException(
                    "The critic's scores of steps are for the policy gradient, because other objectives learn from whole samples.%nMaybe write objective.type: policy-gradient."
                            .formatted());
        }
    }
}
