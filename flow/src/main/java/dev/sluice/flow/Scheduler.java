package dev.sluice.flow;

import dev.sluice.flow.tensor.Require;
import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;

/**
 * What a diffusers folder's {@code scheduler/scheduler_config.json} says about noise levels: how many steps become a
 * {@link TimeSchedule}, and which number the network receives for a level.
 */
public sealed interface Scheduler permits Scheduler.FlowMatchEuler, Scheduler.FlowMatchHeun, Scheduler.FlowUniPc {
    /**
     * Returns the grid that the family's pipeline walks.
     *
     * @param steps N ≥ 1
     * @param tokens the number of image tokens of the transformer, for a dynamic shift; else not used
     */
    TimeSchedule schedule(int steps, long tokens);

    /** Returns the method that the family's pipeline follows the flow with. */
    OdeSolver solver();

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
            case "FlowMatchEulerDiscreteScheduler" -> fields.flowMatchEuler();
            case "FlowMatchHeunDiscreteScheduler" -> fields.flowMatchHeun();
            case "UniPCMultistepScheduler" -> fields.flowUniPc();
            default ->
                throw new IllegalArgumentException(
                        "scheduler_config.json: _class_name (%s) must be FlowMatchEulerDiscreteScheduler, FlowMatchHeunDiscreteScheduler or UniPCMultistepScheduler."
                                .formatted(name));
        };
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
     * <p>Source: diffusers, {@code schedulers/scheduling_flow_match_euler_discrete.py}. Differs: double precision
     * throughout.
     *
     * @param trainTimesteps T, the network's scale; usually 1000
     * @param shift how levels move towards noise
     * @param terminal the last level before 0, to which the grid is stretched (Qwen-Image 0.02), or empty
     * @param spacing the last rearrangement
     * @param stochastic whether every step has new noise
     */
    record FlowMatchEuler(
            int trainTimesteps, SigmaShift shift, OptionalDouble terminal, Spacing spacing, boolean stochastic)
            implements Scheduler {
        public FlowMatchEuler {
            Require.atLeast("num_train_timesteps", trainTimesteps, 1);
            terminal.ifPresent(level -> {
                if (!(level > 0 && level < 1)) {
                    throw new IllegalArgumentException(
                            "shift_terminal (%s) must be greater than 0 and less than 1.".formatted(level));
                }
            });
        }

        /** A scheduler whose steps follow the ODE. */
        public FlowMatchEuler(int trainTimesteps, SigmaShift shift, OptionalDouble terminal, Spacing spacing) {
            this(trainTimesteps, shift, terminal, spacing, false);
        }

        /** A scheduler with a fixed shift and nothing else; SD3 has 3. */
        public FlowMatchEuler(double shift) {
            this(1000, new SigmaShift.Fixed(shift), OptionalDouble.empty(), Spacing.PLAIN);
        }

        @Override
        public TimeSchedule schedule(int steps, long tokens) {
            Require.atLeast("steps", steps, 1);
            return schedule(shift.base(steps, trainTimesteps), shift.factor(tokens));
        }

        /**
         * Returns the grid over given base levels, as {@code set_timesteps(sigmas=…)} does.
         *
         * @param base levels before the shift, strictly decreasing, without the final 0
         * @param factor the a of the shift φ_a
         */
        public TimeSchedule schedule(double[] base, double factor) {
            Require.positive("the factor of the shift", factor);
            return TimeSchedule.of(SigmaGrid.shiftedAndSpaced(base, factor, terminal, spacing));
        }

        @Override
        public OdeSolver solver() {
            return stochastic ? new OdeSolver.Stochastic() : new OdeSolver.Euler();
        }

        @Override
        public double timestep(double sigma) {
            return sigma * trainTimesteps;
        }
    }

    /**
     * Diffusers' {@code FlowMatchHeunDiscreteScheduler}: Heun's steps over the levels that the Euler scheduler has with the same
     * fixed shift. A step counts here as one, and there as two but for the last.
     *
     * <p>Source: diffusers, {@code schedulers/scheduling_flow_match_heun_discrete.py}, without churn, as pipelines call it.
     *
     * @param levels the Euler scheduler of these levels
     */
    record FlowMatchHeun(FlowMatchEuler levels) implements Scheduler {
        @Override
        public TimeSchedule schedule(int steps, long tokens) {
            return levels.schedule(steps, tokens);
        }

        @Override
        public OdeSolver solver() {
            return new OdeSolver.Heun();
        }

        @Override
        public double timestep(double sigma) {
            return levels.timestep(sigma);
        }
    }

    /**
     * Diffusers' {@code UniPCMultistepScheduler} with flow levels (Wan): φ_shift over linspace(1, 1/T, N + 1) without its
     * last entry, the first level moved 1e-6 below 1, and 0 appended.
     *
     * @param trainTimesteps T, the network's scale; usually 1000
     * @param shift Wan 3 for 480p, 5 for 720p
     * @param solver its predictor and corrector
     */
    record FlowUniPc(int trainTimesteps, double shift, UniPc solver) implements Scheduler {
        /** One with Wan's solver. */
        public FlowUniPc(int trainTimesteps, double shift) {
            this(trainTimesteps, shift, new UniPc());
        }

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
