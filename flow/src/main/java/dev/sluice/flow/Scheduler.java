package dev.sluice.flow;

import dev.sluice.flow.tensor.Require;
import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;

/**
 * What a diffusers folder's {@code scheduler/scheduler_config.json} says about noise levels: how many steps become a
 * {@link TimeSchedule}, and which number the network receives for a level.
 */
public sealed interface Scheduler permits Scheduler.FlowMatchEuler, Scheduler.FlowUniPc {
    /**
     * Returns the grid that the family's pipeline walks.
     *
     * @param steps N ≥ 1
     * @param tokens the number of image tokens of the transformer, for a dynamic shift; else not used
     */
    TimeSchedule schedule(int steps, long tokens);

    /** Returns the number on the training scale (usually 0..1000) that diffusers hands the network for a level. */
    double timestep(double sigma);

    /**
     * Reads a scheduler's configuration.
     *
     * @param config the content of {@code scheduler_config.json}
     * @throws IllegalArgumentException if its class or one of its settings is not supported
     */
    static Scheduler read(JsonNode config) {
        SchedulerFields fields = new SchedulerFields(config);
        String name = fields.text("_class_name", "FlowMatchEulerDiscreteScheduler");
        return switch (name) {
            case "FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler" -> fields.flowMatchEuler();
            case "UniPCMultistepScheduler" -> fields.flowUniPc();
            default ->
                throw new IllegalArgumentException(
                        "scheduler_config.json: _class_name (%s) must be FlowMatchEulerDiscreteScheduler or UniPCMultistepScheduler."
                                .formatted(name));
        };
    }

    /** How the level u is shifted by the image's size, where μ is linear in the number of image tokens. */
    enum DynamicShift {
        /** φ_a with a = e^μ (FLUX, Qwen-Image). */
        EXPONENTIAL {
            @Override
            double factor(double mu) {
                return Math.exp(mu);
            }
        },
        /** φ_a with a = μ. */
        LINEAR {
            @Override
            double factor(double mu) {
                return mu;
            }
        };

        abstract double factor(double mu);
    }

    /**
     * The rule μ(L) through the points (baseTokens, baseShift) and (maxTokens, maxShift).
     *
     * @param form how μ becomes a shift
     * @param baseTokens L where μ = baseShift; FLUX 256
     * @param baseShift FLUX 0.5
     * @param maxTokens L where μ = maxShift; FLUX 4096
     * @param maxShift FLUX 1.15
     */
    record Dynamic(DynamicShift form, double baseTokens, double baseShift, double maxTokens, double maxShift) {
        public Dynamic {
            if (!(maxTokens > baseTokens)) {
                throw new IllegalArgumentException(
                        "max_image_seq_len (%s) must be greater than base_image_seq_len (%s)."
                                .formatted(maxTokens, baseTokens));
            }
        }

        /** Returns μ for L image tokens. */
        public double mu(long tokens) {
            return baseShift + (tokens - baseTokens) * (maxShift - baseShift) / (maxTokens - baseTokens);
        }
    }

    /** The last rearrangement of the levels between the largest and the smallest, as in diffusers. */
    enum Spacing {
        /** As they are. */
        PLAIN,
        /** Karras et al. (2022), arXiv:2206.00364, Eq. 5, with ρ = 7. */
        KARRAS,
        /** Evenly spaced logarithms. */
        EXPONENTIAL,
        /** Quantiles of the Beta(0.6, 0.6) distribution, arXiv:2407.12173. */
        BETA
    }

    /**
     * Diffusers' {@code FlowMatchEulerDiscreteScheduler}.
     *
     * <p>With a fixed shift it shifts twice, and so do we: once when it makes the training levels, whose smallest,
     * φ(1/T), is remembered, and again when asked for N steps of linspace(1, φ(1/T), N). The last non-zero level is then
     * φ(φ(1/T)) for every N, 0.0089286 for SD3, and the last step is a long one. With a dynamic shift the base is
     * linspace(1, 1/N, N), which the FLUX, Qwen-Image and LTX pipelines pass.
     *
     * <p>Source: diffusers, {@code schedulers/scheduling_flow_match_euler_discrete.py}. Differs: double precision
     * throughout.
     *
     * @param trainTimesteps T, the network's scale; usually 1000
     * @param shift the fixed shift; not used when {@code dynamic} is given
     * @param dynamic the shift by image size, or null for the fixed one
     * @param terminal the last level before 0, to which the grid is stretched (Qwen-Image 0.02), or empty
     * @param spacing the last rearrangement
     */
    record FlowMatchEuler(int trainTimesteps, double shift, Dynamic dynamic, OptionalDouble terminal, Spacing spacing)
            implements Scheduler {
        public FlowMatchEuler {
            Require.atLeast("num_train_timesteps", trainTimesteps, 1);
            Require.positive("shift", shift);
            terminal.ifPresent(level -> {
                if (!(level > 0 && level < 1)) {
                    throw new IllegalArgumentException(
                            "shift_terminal (%s) must be greater than 0 and less than 1.".formatted(level));
                }
            });
        }

        /** A scheduler with a fixed shift and nothing else; SD3 has 3. */
        public FlowMatchEuler(double shift) {
            this(1000, shift, null, OptionalDouble.empty(), Spacing.PLAIN);
        }

        @Override
        public TimeSchedule schedule(int steps, long tokens) {
            Require.atLeast("steps", steps, 1);
            if (dynamic == null) {
                double smallest = TimeSchedule.shifted(1.0 / trainTimesteps, shift);
                return schedule(SigmaGrid.linear(1, smallest, steps), shift);
            }
            return schedule(SigmaGrid.linear(1, 1.0 / steps, steps), dynamic.mu(tokens));
        }

        /**
         * Returns the grid over given base levels, as {@code set_timesteps(sigmas=…, mu=…)} does.
         *
         * @param base levels before the shift, strictly decreasing, without the final 0
         * @param mu the μ of a dynamic shift; the shift itself where it is fixed
         */
        public TimeSchedule schedule(double[] base, double mu) {
            double factor = dynamic == null ? mu : dynamic.form().factor(mu);
            Require.positive("the shift for mu " + mu, factor);
            return TimeSchedule.of(SigmaGrid.shiftedAndSpaced(base, factor, terminal, spacing));
        }

        @Override
        public double timestep(double sigma) {
            return sigma * trainTimesteps;
        }
    }

    /**
     * Diffusers' {@code UniPCMultistepScheduler} with flow levels (Wan): φ_shift over linspace(1, 1/T, N + 1) without its
     * last entry, the first level moved 1e-6 below 1, and 0 appended. Only its grid; the predictor and corrector are not
     * here.
     *
     * @param trainTimesteps T, the network's scale; usually 1000
     * @param shift Wan 3 for 480p, 5 for 720p
     */
    record FlowUniPc(int trainTimesteps, double shift) implements Scheduler {
        public FlowUniPc {
            Require.atLeast("num_train_timesteps", trainTimesteps, 1);
            Require.positive("flow_shift", shift);
        }

        @Override
        public TimeSchedule schedule(int steps, long tokens) {
            Require.atLeast("steps", steps, 1);
            double[] base = SigmaGrid.linear(1, 1.0 / trainTimesteps, steps + 1);
            double[] levels = new double[steps + 1];
            for (int k = 0; k < steps; k++) {
                levels[k] = TimeSchedule.shifted(base[k], shift);
            }
            levels[0] -= 1e-6;
            return TimeSchedule.of(levels);
        }

        /** Returns the integer that Wan's network receives. */
        @Override
        public double timestep(double sigma) {
            return Math.floor(sigma * trainTimesteps);
        }
    }
}
