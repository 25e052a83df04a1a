package dev.sluice.grpo;

import dev.sluice.sde.KlForm;
import java.util.List;
import java.util.Optional;

/** What updates minimise. Sampling, scoring, advantages and all that moves with an update are the same for every objective. */
public sealed interface Objective permits PolicyGradient, Matching, RewardDifference, Distillation {
    /**
     * Refuses what this objective has no meaning with, and says why.
     *
     * @throws IllegalArgumentException with the reason and what would work
     */
    void check(
            GrpoOptions.Batch batch,
            GrpoOptions.Rollout rollout,
            GrpoOptions.Signal signal,
            GrpoOptions.Updates updates);

    /** Returns whether rollouts must keep the mean of every stochastic step. */
    default boolean needsMeans() {
        return false;
    }

    /** Returns whether rollouts must keep the state before every step. */
    default boolean needsStates() {
        return false;
    }

    /** Returns how a copy of the policy follows it, if the objective has one. */
    default Optional<CopyRule> copy() {
        return Optional.empty();
    }

    /** Returns whether that copy samples in the place of the policy. */
    default boolean copySamples() {
        return false;
    }

    /**
     * Returns Flow-GRPO's objective: the clipped surrogate on all stochastic steps and, above weight 0, the divergence from
     * the reference.
     *
     * @param clipRange c, published as 1e-4 for SD3
     * @param klWeight β, published as 0.04 for SD3 with {@link KlForm#DIFFUSION_ONLY}; 0 for none
     * @param klForm the form of the divergence
     */
    static PolicyGradient flowGrpo(double clipRange, double klWeight, KlForm klForm) {
        return new PolicyGradient(
                new RatioRule.Plain(),
                new PolicyLoss.PpoClip(ClipRule.symmetric(clipRange)),
                klWeight == 0 ? List.of() : List.of(new Anchor.KlGauss(klWeight, klForm)),
                StepWeight.ONE,
                new StepSelection.All());
    }
}
