package dev.sluice.grpo;

import dev.sluice.grpo.PolicyLoss.Terms;
import java.util.Optional;

/**
 * The loss of one micro-batch at one trained step.
 *
 * @param step its number on the grid
 * @param terms the policy loss
 * @param plain what the policy loss would be with the plain ratio; empty if it has that
 * @param penalty the anchors' penalties without their weights, mean over the samples
 * @param loss the whole objective at this step
 */
record MicroStep(int step, Terms terms, Optional<Terms> plain, double penalty, double loss) {
    boolean finite() {
        return Double.isFinite(loss);
    }
}
