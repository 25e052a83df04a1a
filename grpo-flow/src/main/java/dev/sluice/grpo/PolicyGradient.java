package dev.sluice.grpo;

import java.util.List;

/**
 * The policy gradient on steps that have a density: at one trained step, weight·(loss(ℓ, A) + Σ anchor.weight·mean penalty).
 *
 * @param ratioRule how ℓ is measured
 * @param loss the policy loss
 * @param anchors penalties; empty for none
 * @param stepWeight what the step is multiplied by
 * @param stepSelection which steps are trained
 */
public record PolicyGradient(
        RatioRule ratioRule, PolicyLoss loss, List<Anchor> anchors, StepWeight stepWeight, StepSelection stepSelection)
        implements Objective {
    public PolicyGradient {
        anchors = List.copyOf(anchors);
    }

    @Override
    public void check(
            GrpoOptions.Batch batch,
            GrpoOptions.Rollout rollout,
            GrpoOptions.Signal signal,
            GrpoOptions.Updates updates) {
        rollout.requireDensities();
        ratioRule.check(rollout.sde(), updates);
        if (signal.combination() == Combination.LOSS_SUM && ratioRule instanceof RatioRule.OnPolicy) {
            throw new IllegalArgumentException(
                    "combination (loss-sum) clips every reward's loss by itself, but without a ratio nothing is clipped.%nMaybe write advantage.combination: advantage-sum, or objective.ratio: plain."
                            .formatted());
        }
        if (rollout.gradient().isEmpty() && anchors.stream().anyMatch(Anchor.Led.class::isInstance)) {
            throw new IllegalArgumentException(
                    "distillation draws the policy to where a gradient has led it, but none leads.%nMaybe leave it out, or write exploration.rewardGradient."
                            .formatted());
        }
    }

    @Override
    public boolean needsMeans() {
        return ratioRule.needsMeans();
    }
}
