package dev.sluice.grpo;

import dev.sluice.grpo.PolicyLoss.Terms;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The loss of one portion of an update.
 *
 * @param step the trained step's number on the grid; empty if the portion is of finished samples
 * @param terms the policy loss
 * @param plain what the policy loss would be with the plain ratio; empty if it has that
 * @param penalty the anchors' penalties without their weights, mean over the samples
 * @param loss the whole objective of this portion
 * @param noiseSlope ∂loss/∂ ln g of the step's noise, times the portion's share; 0 where it is not learned
 * @param measures what else is reported, by name
 */
record MicroStep(
        OptionalInt step,
        Terms terms,
        Optional<Terms> plain,
        double penalty,
        double loss,
        double noiseSlope,
        Map<String, Double> measures) {
    /** The loss of a portion whose noise is not learned. */
    MicroStep(
            OptionalInt step,
            Terms terms,
            Optional<Terms> plain,
            double penalty,
            double loss,
            Map<String, Double> measures) {
        this(step, terms, plain, penalty, loss, 0, measures);
    }

    boolean finite() {
        return Double.isFinite(loss) && Double.isFinite(noiseSlope);
    }
}
