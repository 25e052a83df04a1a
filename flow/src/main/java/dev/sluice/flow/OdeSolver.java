package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.util.List;

/**
 * A method that takes samples one step down a {@link TimeSchedule}: along dx/dσ = v, but for {@link Stochastic}. The last step, to σ = 0, never evaluates the model at
 * 0.
 */
public sealed interface OdeSolver
        permits OdeSolver.Euler,
                OdeSolver.Stochastic,
                OdeSolver.Heun,
                OdeSolver.Midpoint,
                OdeSolver.DpmSolver2M,
                UniPc {
    /**
     * The outcome of one step.
     *
     * @param next the latents at the next level
     * @param memory what a multistep method needs at the next step, such as the data ẑ predicted at this step's start
     */
    record Step(NDArray next, List<NDArray> memory) {
        public Step {
            memory = List.copyOf(memory);
        }
    }

    /**
     * Takes one step.
     *
     * <p>Memory: the outcome belongs to the manager of {@code latents}, and so does what is computed on the way.
     *
     * @param model the velocity, guidance included
     * @param latents x at level k, shape (B, ...), float32
     * @param position the step and the grid it is on
     * @param conditioning what the B samples are conditioned on
     * @param memory what the same method's step before left; empty at the start of a trajectory and after a step by other
     *     means
     */
    Step step(VelocityModel model, NDArray latents, Position position, Conditioning conditioning, List<NDArray> memory);

    /** Returns the number of evaluations of the model over a grid of that many steps. */
    int evaluations(int steps);

    /**
     * A place on a grid: step k of a schedule.
     *
     * @param step in [0, schedule.steps())
     */
    record Position(TimeSchedule schedule, int step) {
        public Position {
            if (step < 0 || step >= schedule.steps()) {
                throw new IllegalArgumentException("step (%s) must be in [0, %s).".formatted(step, schedule.steps()));
            }
        }

        /** Returns σ at the step's start. */
        public double sigma() {
            return schedule.sigma(step);
        }

        /** Returns σ' at the step's end. */
        public double next() {
            return schedule.sigma(step + 1);
        }

        /** Returns σ' − σ, below 0. */
        public double dt() {
            return next() - sigma();
        }
    }

    /** x' = x + v·dt: first order, one evaluation. DDIM and first-order DPM-Solver++ are the same step. */
    record Euler() implements OdeSolver {
        @Override
        public Step step(
                VelocityModel model, NDArray latents, Position at, Conditioning conditioning, List<NDArray> memory) {
            NDArray v = model.velocity(latents, at.sigma(), conditioning);
            return new Step(Prediction.plus(latents, v, at.dt()), List.of());
        }

        @Override
        public int evaluations(int steps) {
            return steps;
        }
    }

    /**
     * x' = (1 − σ')·ẑ + σ'·ε with new noise ε in every step: no ODE. What a network drew wrong at a high level is drowned in noise
     * again and drawn anew, where an ODE would carry it to the end. The price is variety: ẑ is a mean, so samples gather about the
     * means of the data, and the closer the more steps there are. First order, one evaluation.
     *
     * <p>The noise of a sample's steps follows from its latents at the first, so equal seeds give equal samples in any batch.
     *
     * <p>Source: diffusers, {@code schedulers/scheduling_flow_match_euler_discrete.py} with {@code stochastic_sampling}; Song et al.
     * (2023), arXiv:2303.01469, Algorithm 1; the sampler of Flow-CPS at a = 1.
     */
    record Stochastic() implements OdeSolver {
        @Override
        public Step step(
                VelocityModel model, NDArray latents, Position at, Conditioning conditioning, List<NDArray> memory) {
            NDArray data = Prediction.data(latents, model.velocity(latents, at.sigma(), conditioning), at.sigma());
            NDArray seeds = memory.isEmpty() ? latents.getManager().create(seeds(latents)) : memory.get(0);
            if (at.next() == 0) {
                return new Step(data, List.of(seeds));
            }
            NDArray noise = noise(seeds.toLongArray(), at.step(), latents);
            return new Step(Prediction.plus(Torch.scaled(data, 1 - at.next()), noise, at.next()), List.of(seeds));
        }

        private static long[] seeds(NDArray latents) {
            float[] values = latents.toFloatArray();
            long[] seeds = new long[Math.toIntExact(latents.getShape().get(0))];
            int size = values.length / seeds.length;
            for (int row = 0; row < seeds.length; row++) {
                for (int i = row * size; i < (row + 1) * size; i++) {
                    seeds[row] = 31 * seeds[row] + Float.floatToIntBits(values[i]);
                }
            }
            return seeds;
        }

        private static NDArray noise(long[] seeds, int step, NDArray like) {
            int size = Math.toIntExact(like.size() / seeds.length);
            float[] values = new float[seeds.length * size];
            for (int row = 0; row < seeds.length; row++) {
                System.arraycopy(NoiseSource.of(seeds[row], step).gaussian(size), 0, values, row * size, size);
            }
            return like.getManager().create(values, like.getShape());
        }

        @Override
        public int evaluations(int steps) {
            return steps;
        }
    }

    /** p = x + v·dt, x' = x + ½(v + v(p, σ'))·dt; Euler in the last step. Second order, 2N − 1 evaluations. */
    record Heun() implements OdeSolver {
        @Override
        public Step step(
                VelocityModel model, NDArray latents, Position at, Conditioning conditioning, List<NDArray> memory) {
            NDArray v = model.velocity(latents, at.sigma(), conditioning);
            NDArray euler = Prediction.plus(latents, v, at.dt());
            if (at.next() == 0) {
                return new Step(euler, List.of());
            }
            NDArray end = model.velocity(euler, at.next(), conditioning);
            return new Step(Prediction.plus(latents, v.add(end), 0.5 * at.dt()), List.of());
        }

        @Override
        public int evaluations(int steps) {
            return 2 * steps - 1;
        }
    }

    /** m = x + ½dt·v, x' = x + dt·v(m, (σ + σ')/2). Second order, 2N evaluations. */
    record Midpoint() implements OdeSolver {
        @Override
        public Step step(
                VelocityModel model, NDArray latents, Position at, Conditioning conditioning, List<NDArray> memory) {
            NDArray v = model.velocity(latents, at.sigma(), conditioning);
            NDArray halfway = Prediction.plus(latents, v, 0.5 * at.dt());
            NDArray middle = model.velocity(halfway, 0.5 * (at.sigma() + at.next()), conditioning);
            return new Step(Prediction.plus(latents, middle, at.dt()), List.of());
        }

        @Override
        public int evaluations(int steps) {
            return 2 * steps;
        }
    }

    /**
     * DPM-Solver++ (2M), data prediction: second order with one evaluation a step, from the ẑ of the step before.
     *
     * <p>With α = 1 − σ, λ = ln(α/σ), η = λ(σ') − λ(σ), r = (λ(σ) − λ(σ_before))/η and D1 = (ẑ − ẑ_before)/r:
     * x' = Euler step + α'·c·D1, where c = ½(1 − e^{−η}) in the midpoint form and (e^{−η} − 1)/η + 1 in the Heun form. Plain
     * Euler where there is no ẑ before, in the last step (η = ∞), and where σ_before is 1 (r = ∞, so D1 = 0). The ẑ before may be
     * that of a step by other means.
     *
     * <p>Source: Lu et al. (2022), arXiv:2211.01095, Algorithm 2.
     *
     * @param form how D1 is integrated
     */
    record DpmSolver2M(Form form) implements OdeSolver {
        /** How the second-order term is integrated. */
        public enum Form {
            /** ½(1 − e^{−η}), the usual one. */
            MIDPOINT {
                @Override
                double factor(double eta) {
                    return -0.5 * Math.expm1(-eta);
                }
            },
            /** (e^{−η} − 1)/η + 1. */
            HEUN {
                @Override
                double factor(double eta) {
                    return Math.expm1(-eta) / eta + 1;
                }
            };

            abstract double factor(double eta);
        }

        /** The usual, midpoint form. */
        public DpmSolver2M() {
            this(Form.MIDPOINT);
        }

        @Override
        public Step step(
                VelocityModel model, NDArray latents, Position at, Conditioning conditioning, List<NDArray> memory) {
            NDArray v = model.velocity(latents, at.sigma(), conditioning);
            NDArray euler = Prediction.plus(latents, v, at.dt());
            NDArray data = Prediction.data(latents, v, at.sigma());
            double weight = memory.isEmpty() ? 0 : correction(at, 1);
            if (weight == 0) {
                return new Step(euler, List.of(data));
            }
            return new Step(Prediction.plus(euler, data.sub(memory.get(0)), weight), List.of(data));
        }

        /**
         * Returns α'·c/r, the weight of ẑ − ẑ_before; 0 where the step is of first order.
         *
         * @param at the step, whose grid has been walked up to it
         * @param pace what η counts for in c: 1 for the ODE, 2 for the SDE that renews all noise (SDE-DPM-Solver++)
         */
        public double correction(Position at, double pace) {
            double before = at.step() == 0 ? 1 : at.schedule().sigma(at.step() - 1);
            if (at.next() == 0 || before >= 1) {
                return 0;
            }
            double eta = lambda(at.next()) - lambda(at.sigma());
            double r = (lambda(at.sigma()) - lambda(before)) / eta;
            return (1 - at.next()) * form.factor(pace * eta) / r;
        }

        private static double lambda(double sigma) {
            return Math.log((1 - sigma) / sigma);
        }

        @Override
        public int evaluations(int steps) {
            return steps;
        }
    }
}
