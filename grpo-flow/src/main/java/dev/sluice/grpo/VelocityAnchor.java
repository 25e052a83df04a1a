package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;

/**
 * What holds the policy near a frozen one where finished samples are learned from: weight·scale(σ)·mean ‖v − v_frozen‖², added to
 * the loss.
 *
 * @param to the frozen policy
 * @param weight β above 0
 * @param form how the level of noise counts
 */
public record VelocityAnchor(Frozen to, double weight, VelocityDistance form) {
    public VelocityAnchor {
        Require.positive("weight", weight);
    }
}
