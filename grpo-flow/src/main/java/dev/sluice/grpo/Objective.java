package dev.sluice.grpo;

import dev.sluice.sde.KlForm;
import java.util.List;

/**
 * What an update minimises at one trained step: weight·(loss(ℓ, A) + Σ anchor.weight·mean penalty).
 *
 * @param ratioRule how ℓ is measured
 * @param loss the policy loss
 * @param anchors penalties; empty for none
 * @param stepWeight what the step is multiplied by
 * @param stepSelection which steps are trained
 */
public record Objective(
        RatioRule ratioRule,
        PolicyLoss loss,
        List<Anchor> anchors,
        StepWeight stepWeight,
        StepSelection stepSelection) {
    public Objective {
        anchors = List.copyOf(anchors);
    }

    /**
     * Returns Flow-GRPO's objective: the clipped surrogate on all stochastic steps and, above weight 0, the divergence from
     * the reference.
     *
     * @param clipRange c, published as 1e-4 for SD3
     * @param klWeight β, published as 0.04 for SD3 with {@link KlForm#DIFFUSION_ONLY}; 0 for none
     * @param klForm the form of the divergence
     */
    public static Objective flowGrpo(double clipRange, double klWeight, KlForm klForm) {
        return new Objective(
                new RatioRule.Plain(),
                new PolicyLoss.PpoClip(ClipRule.symmetric(clipRange)),
                klWeight == 0 ? List.of() : List.of(new Anchor.KlGauss(klWeight, klForm)),
                StepWeight.ONE,
                new StepSelection.All());
    }
}
