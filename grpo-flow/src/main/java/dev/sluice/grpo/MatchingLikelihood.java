package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;

/**
 * What stands for log π of a finished sample z where no step has a density: minus its flow-matching error
 * e = mean ‖v(x_σ, σ) − (ε − z)‖² at x_σ = (1 − σ)·z + σ·ε, bent and weighted. It falls as e grows.
 *
 * <p>Source: Advantage Weighted Matching (2025), {@code scripts/train_sd3_awm.py}.
 */
public sealed interface MatchingLikelihood
        permits MatchingLikelihood.SigmaPower, MatchingLikelihood.Huber, MatchingLikelihood.GeneralisedHuber {
    /** Added to errors before a root is drawn, so that its slope stays finite where the error is 0. */
    double SOFTENING = 1e-10;

    /**
     * Returns the log-probability.
     *
     * @param error e ≥ 0, a mean per latent element
     * @param sigma σ in (0, 1]
     */
    double logProb(double error, double sigma);

    /** Returns the derivative of {@link #logProb} by the error; never above 0. */
    double slope(double error, double sigma);

    /**
     * −σᵖ·e: uniform for p = 0, and the source's weightings t and t² for 1 and 2.
     *
     * @param exponent p
     */
    record SigmaPower(double exponent) implements MatchingLikelihood {
        public SigmaPower {
            Require.notNegative("exponent", exponent);
        }

        @Override
        public double logProb(double error, double sigma) {
            return slope(error, sigma) * error;
        }

        @Override
        public double slope(double error, double sigma) {
            return -Math.pow(sigma, exponent);
        }
    }

    /** −(√(e + δ) − √δ)·σ: one large error counts less than many small ones. */
    record Huber() implements MatchingLikelihood {
        @Override
        public double logProb(double error, double sigma) {
            return -(Math.sqrt(error + SOFTENING) - Math.sqrt(SOFTENING)) * sigma;
        }

        @Override
        public double slope(double error, double sigma) {
            return -sigma / (2 * Math.sqrt(error + SOFTENING));
        }
    }

    /**
     * −((e + δ)ᵖ − δᵖ)·σ/p.
     *
     * @param power p in (0, 1], published as 0.25
     */
    record GeneralisedHuber(double power) implements MatchingLikelihood {
        public GeneralisedHuber {
            Require.positive("power", power);
            Require.within("power", power, 0, 1);
        }

        @Override
        public double logProb(double error, double sigma) {
            return -(Math.pow(error + SOFTENING, power) - Math.pow(SOFTENING, power)) * sigma / power;
        }

        @Override
        public double slope(double error, double sigma) {
            return -Math.pow(error + SOFTENING, power - 1) * sigma;
        }
    }
}
