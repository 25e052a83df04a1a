package dev.sluice.grpo;

/**
 * The loss of one trained step as a function of the log-ratios of a micro-batch: plain arithmetic, so that every formula
 * can be tested without a network. The trainer carries the derivatives on through the network.
 */
public sealed interface PolicyLoss permits PolicyLoss.PpoClip {
    /**
     * Returns the sum of losses that share their ratios, and its derivatives.
     *
     * @param logRatios ℓ_i = log π(x_{k+1} | x_k) − log π_old, one for each sample
     * @param advantages one for each sample, the sum of those of all losses
     * @param opposed one for each sample, the lesser of what praises and what blames it, see {@link Advantages}; 0 for one loss
     */
    Terms of(double[] logRatios, double[] advantages, double[] opposed);

    /**
     * Returns one loss and its derivatives.
     *
     * @param logRatios ℓ_i = log π(x_{k+1} | x_k) − log π_old, one for each sample
     * @param advantages one for each sample
     */
    default Terms of(double[] logRatios, double[] advantages) {
        return of(logRatios, advantages, new double[advantages.length]);
    }

    /**
     * A loss at one step.
     *
     * @param value mean over the samples
     * @param derivatives ∂value/∂ℓ_i
     * @param ratios exp(ℓ_i)
     * @param clippedAbove share of ratios above the range
     * @param clippedBelow share of ratios below the range
     * @param approximateKl ½·mean(ℓ²), the distance from the policy that sampled
     */
    record Terms(
            double value,
            double[] derivatives,
            double[] ratios,
            double clippedAbove,
            double clippedBelow,
            double approximateKl) {
        /** Returns the terms of a loss that has no ratios; what is counted of them is NaN. */
        static Terms withoutRatios(double value) {
            return new Terms(value, new double[0], new double[0], Double.NaN, Double.NaN, Double.NaN);
        }

        /** Returns the share of ratios outside the range. */
        public double clipped() {
            return clippedAbove + clippedBelow;
        }
    }

    /**
     * PPO's clipped surrogate, L = mean_i max(−A_i·ρ_i, −A_i·clip(ρ_i)), ρ = exp(ℓ). Its gradient is zero where the ratio has
     * left the range in the direction in which the advantage pushes it. Of several losses, what praise and blame have made up
     * for, o_i, acts where the ratio has left the range: there one of the two is silent, so that o_i·|ρ_i − clip(ρ_i)| is added.
     *
     * <p>Source: Schulman et al. (2017), arXiv:1707.06347, Eq. 7; Flow-GRPO (2025).
     *
     * @param clip the range
     */
    record PpoClip(ClipRule clip) implements PolicyLoss {
        @Override
        public Terms of(double[] logRatios, double[] advantages, double[] opposed) {
            int size = logRatios.length;
            double[] derivatives = new double[size];
            double[] ratios = new double[size];
            double sum = 0;
            double squares = 0;
            int above = 0;
            int below = 0;
            for (int i = 0; i < size; i++) {
                double ratio = Math.exp(logRatios[i]);
                ratios[i] = ratio;
                double free = -advantages[i] * ratio;
                double held = -advantages[i] * clip.clip(ratio);
                // Inside the range both are equal and the derivative is that of the free one.
                boolean moves = free >= held;
                sum += moves ? free : held;
                derivatives[i] = moves ? free / size : 0;
                double outside = ratio - clip.clip(ratio);
                if (opposed[i] != 0 && outside != 0) {
                    sum += opposed[i] * Math.abs(outside);
                    derivatives[i] += Math.signum(outside) * opposed[i] * ratio / size;
                }
                squares += logRatios[i] * logRatios[i];
                above += ratio > 1 + clip.above() ? 1 : 0;
                below += ratio < 1 - clip.below() ? 1 : 0;
            }
            // NaN must not hide behind a comparison that it makes false.
            double value = Double.isFinite(squares) ? sum / size : Double.NaN;
            return new Terms(
                    value, derivatives, ratios, (double) above / size, (double) below / size, 0.5 * squares / size);
        }
    }
}
