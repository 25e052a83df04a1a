package dev.sluice.grpo;

import dev.sluice.grpo.PolicyLoss.Terms;

/**
 * The loss of one micro-batch at one trained step.
 *
 * @param terms the policy loss
 * @param penalty the anchors' penalties without their weights, mean over the samples
 * @param loss the whole objective at this step
 */
record MicroStep(Terms terms, double penalty, double loss) {
    boolean finite() {
        return Double.isFinite(loss);
    }
}
