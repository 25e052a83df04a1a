package dev.sluice.grpo;

import java.util.List;
import java.util.Map;

/**
 * What one update did. Losses, shares and divergences are means over its micro-batches and trained steps, not divided by the
 * number that was accumulated.
 *
 * @param applied whether the weights moved; if not, something was not finite
 * @param loss policy loss and weighted penalties
 * @param policyLoss the policy loss alone
 * @param kl the anchors' penalties, without their weights
 * @param approximateKl ½·mean(ℓ²)
 * @param clippedAbove share of ratios above the clip range
 * @param clippedBelow share of ratios below the clip range
 * @param meanRatio mean importance ratio; NaN if the objective has none
 * @param leastRatio smallest ratio; NaN if the objective has none
 * @param mostRatio largest ratio; NaN if the objective has none
 * @param gradientNorm norm of all gradients before clipping
 * @param learningRate step size
 * @param microSteps micro-batches × trained steps that were accumulated
 * @param ratios the ratios by step
 * @param plainRatios what the plain ratios are, by step, where the objective has another rule; empty otherwise
 * @param measures what else the objective reports, by the names of {@link Measures}
 */
public record UpdateReport(
        boolean applied,
        double loss,
        double policyLoss,
        double kl,
        double approximateKl,
        double clippedAbove,
        double clippedBelow,
        double meanRatio,
        double leastRatio,
        double mostRatio,
        double gradientNorm,
        double learningRate,
        int microSteps,
        List<StepRatios> ratios,
        List<StepRatios> plainRatios,
        Map<String, Double> measures) {
    /** Returns how far a ratio was from 1; NaN if there are none. */
    public double maxRatioDeviation() {
        return Math.max(Math.abs(mostRatio - 1), Math.abs(leastRatio - 1));
    }
}
