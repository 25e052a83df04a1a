package dev.sluice.grpo;

import dev.sluice.flow.AdamW;
import dev.sluice.flow.tensor.Require;

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

        /** Returns whether the critic is asked. */
        boolean asked() {
            return judges || processWeight > 0;
        }
    }

    /** Refuses a critic that nobody asks, and questions without one. */
    static void check(boolean present, boolean asked) {
        if (present != asked) {
            throw new IllegalArgumentException(
                    present
                            ? "critic must go, because nothing asks it.%nMaybe leave it out, or take the objective ac-flow."
                                    .formatted()
                            : "critic is missing, but something asks it.%nMaybe write critic: {width: 64, updates: 4, warmUp: 5, learningRate: 1.0e-3}."
                                    .formatted());
        }
    }
}
