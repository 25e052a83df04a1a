package dev.sluice.grpo;

import dev.sluice.flow.AdamW;
import dev.sluice.flow.tensor.Require;

/**
 * Re-DMD: the policy becomes a student that needs few steps, by matching its distribution to the teacher's, the better samples more.
 * What the student predicts at one of its steps, z = x_k − σ_k·v, is noised to x_σ; a critic that learns the student's own
 * distribution predicts ẑ_fake there, the teacher ẑ_real. With d = (ẑ_fake − ẑ_real)/mean|z − ẑ_real|, which carries no gradient,
 * the loss is ½·exp(β·r)·mean (z − sg(z − d))², whose gradient by z is exp(β·r)·d over the number of elements.
 *
 * <p>Source: Reward Forcing (2025), {@code model/re_dmd.py} and {@code trainer/rewarded_distillation.py}; the distribution matching is
 * that of DMD2 (2024), arXiv:2405.14867. Differs: the reward is that of the finished sample, at whatever step the student learns;
 * the critic's updates share the samples of an iteration; without EMA-Sink, which belongs to streams of frames.
 *
 * @param beta β at least 0; published as 2, for rewards about 1 apart
 * @param levels σ of the noised predictions
 * @param critic how the critic learns
 */
public record Distillation(double beta, NoiseLevels levels, Critic critic) implements Objective {
    /** The published levels: φ₅ of a uniform number, within [0.02, 0.98]. */
    public static final NoiseLevels LEVELS = new NoiseLevels.Warped(5, 0.02, 0.98);

    public Distillation {
        Require.notNegative("beta", beta);
    }

    /**
     * How the critic learns: flow matching of what the student makes.
     *
     * @param updates of an iteration, before those of the student; published as 5 for one of the student
     * @param optimiser its own
     */
    public record Critic(int updates, AdamW.Options optimiser) {
        public Critic {
            Require.atLeast("updates", updates, 1);
        }
    }

    @Override
    public void check(
            GrpoOptions.Batch batch,
            GrpoOptions.Rollout rollout,
            GrpoOptions.Signal signal,
            GrpoOptions.Updates updates) {
        Matching.requireOutcomes(signal);
        Matching.requirePlainRewards(signal);
        if (!rollout.sde().keepStates()) {
            throw new IllegalArgumentException(
                    "The sampler must keep its states, because the student learns from them.");
        }
        if (rollout.stored()) {
            throw new IllegalArgumentException(
                    "Stored pairs have no student to distil.%nMaybe take the rule ode, or an objective that learns from finished samples."
                            .formatted());
        }
    }

    @Override
    public boolean needsStates() {
        return true;
    }
}
