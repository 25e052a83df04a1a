package dev.sluice.grpo;

import java.util.Arrays;

/**
 * Advantage weighted matching: the policy loss with the flow-matching error of finished samples in the place of log π, so that
 * a good sample's error is lowered and a bad one's raised, and any sampler will do. Plain arithmetic on errors; the trainer
 * carries the derivatives on through the network. At ratio 1 the gradient of a sample is A·∇e, weighted; with all advantages 1
 * it is that of flow matching.
 *
 * <p>The error of a sample with a negative advantage has no upper bound, so this loss needs an anchor
 * ({@link VelocityDistance}).
 *
 * <p>Source: Advantage Weighted Matching (2025), arXiv:2509.25050, {@code scripts/train_sd3_awm.py}.
 *
 * @param likelihood what stands for log π
 * @param ratios what a ratio is of
 * @param loss the policy loss; published with a range of 1, which hardly ever clips
 */
public record MatchingLoss(MatchingLikelihood likelihood, Ratios ratios, PolicyLoss loss) {
    /** The published setting but for the size of the advantages, which the source divides by their limit. */
    public static final MatchingLoss AWM = new MatchingLoss(
            new MatchingLikelihood.GeneralisedHuber(0.25),
            Ratios.OF_LEVELS,
            new PolicyLoss.PpoClip(ClipRule.symmetric(1)));

    /** What an importance ratio is of. */
    public enum Ratios {
        /** One for each level of noise that a sample is seen at; the source's {@code exp_first}. */
        OF_LEVELS,
        /** One for each sample, of its mean log-probability; the source's {@code sum_first}. */
        OF_SAMPLES
    }

    /**
     * The flow-matching errors of samples: a row for each level of noise, a column for each sample.
     *
     * @param sigmas σ in (0, 1]
     * @param errors e under the present weights
     * @param old the log-probabilities under the weights that sampled, at the same σ and ε
     */
    public record Errors(double[][] sigmas, double[][] errors, double[][] old) {}

    /**
     * The loss.
     *
     * @param terms the policy loss of the log-ratios
     * @param slopes ∂loss/∂e, a row for each level, a column for each sample
     */
    public record Result(PolicyLoss.Terms terms, double[][] slopes) {}

    /**
     * Returns the loss and its derivatives.
     *
     * @param errors at least one level
     * @param advantages one for each sample
     */
    public Result of(Errors errors, double[] advantages) {
        int levels = errors.errors.length;
        int samples = advantages.length;
        double[][] logRatios = new double[levels][samples];
        for (int m = 0; m < levels; m++) {
            for (int i = 0; i < samples; i++) {
                logRatios[m][i] = likelihood.logProb(errors.errors[m][i], errors.sigmas[m][i]) - errors.old[m][i];
            }
        }
        boolean each = ratios == Ratios.OF_LEVELS;
        PolicyLoss.Terms terms =
                each ? loss.of(flat(logRatios), repeated(advantages, levels)) : loss.of(means(logRatios), advantages);
        double[][] slopes = new double[levels][samples];
        for (int m = 0; m < levels; m++) {
            for (int i = 0; i < samples; i++) {
                double derivative = each ? terms.derivatives()[m * samples + i] : terms.derivatives()[i] / levels;
                slopes[m][i] = derivative * likelihood.slope(errors.errors[m][i], errors.sigmas[m][i]);
            }
        }
        return new Result(terms, slopes);
    }

    private static double[] flat(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }

    private static double[] repeated(double[] values, int times) {
        double[] all = new double[values.length * times];
        Arrays.setAll(all, i -> values[i % values.length]);
        return all;
    }

    private static double[] means(double[][] rows) {
        double[] means = new double[rows[0].length];
        for (double[] row : rows) {
            for (int i = 0; i < means.length; i++) {
                means[i] += row[i] / rows.length;
            }
        }
        return means;
    }
}
