package dev.sluice.flow;

import dev.sluice.flow.tensor.Require;

/** How a {@link Scheduler.FlowMatchEuler} moves evenly spaced levels towards noise: by φ_a, with a fixed or by image size. */
public sealed interface SigmaShift permits SigmaShift.Fixed, SigmaShift.Dynamic {
    /**
     * Returns a, above 0.
     *
     * @param tokens the number of image tokens of the transformer
     */
    double factor(long tokens);

    /**
     * Returns the levels before the shift, without the final 0.
     *
     * @param steps N ≥ 1
     * @param trainTimesteps T, the network's scale
     */
    double[] base(int steps, int trainTimesteps);

    /**
     * The same a for every size. Diffusers shifts twice, and so do we: once when it makes the training levels, whose smallest,
     * φ_a(1/T), is remembered, and again when asked for N steps of linspace(1, φ_a(1/T), N). The last level above 0 is then
     * φ_a(φ_a(1/T)) for every N, 0.0089286 for SD3, and the last step is a long one.
     *
     * @param shift a above 0; SD3 3
     */
    record Fixed(double shift) implements SigmaShift {
        public Fixed {
            Require.positive("shift", shift);
        }

        @Override
        public double factor(long tokens) {
            return shift;
        }

        @Override
        public double[] base(int steps, int trainTimesteps) {
            return SigmaGrid.linear(1, TimeSchedule.shifted(1.0 / trainTimesteps, shift), steps);
        }
    }

    /**
     * An a that grows with the image: μ is linear in the number of tokens L, through the points (baseTokens, baseShift) and
     * (maxTokens, maxShift). The base is linspace(1, 1/N, N), which the FLUX, Qwen-Image and LTX pipelines pass.
     *
     * @param form how μ becomes a
     * @param baseTokens L where μ = baseShift; FLUX 256
     * @param baseShift FLUX 0.5
     * @param maxTokens L where μ = maxShift; FLUX 4096
     * @param maxShift FLUX 1.15
     */
    record Dynamic(Form form, double baseTokens, double baseShift, double maxTokens, double maxShift)
            implements SigmaShift {
        public Dynamic {
            if (!(maxTokens > baseTokens)) {
                throw new IllegalArgumentException(
                        "max_image_seq_len (%s) must be greater than base_image_seq_len (%s)."
                                .formatted(maxTokens, baseTokens));
            }
        }

        /** How μ becomes the factor a of φ_a. */
        public enum Form {
            /** a = e^μ (FLUX, Qwen-Image). */
            EXPONENTIAL {
                @Override
                public double factor(double mu) {
                    return Math.exp(mu);
                }
            },
            /** a = μ. */
            LINEAR {
                @Override
                public double factor(double mu) {
                    return mu;
                }
            };

            /** Returns a for μ. */
            public abstract double factor(double mu);
        }

        /** Returns μ for L image tokens. */
        public double mu(long tokens) {
            return baseShift + (tokens - baseTokens) * (maxShift - baseShift) / (maxTokens - baseTokens);
        }

        @Override
        public double factor(long tokens) {
            return form.factor(mu(tokens));
        }

        @Override
        public double[] base(int steps, int trainTimesteps) {
            return SigmaGrid.linear(1, 1.0 / steps, steps);
        }
    }
}
