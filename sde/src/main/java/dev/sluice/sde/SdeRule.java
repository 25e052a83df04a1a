package dev.sluice.sde;

import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.Require;
import java.util.List;

/**
 * The noise that a step of a sampler adds, and where it moves the mean to make up for it.
 *
 * <p>Two families: Euler–Maruyama steps of an SDE with diffusion g(σ) ({@link FlowGrpo}, {@link Dance}, {@link Wan},
 * {@link Table}), which keep the flow's marginals up to the step's error, and coefficient-preserving steps ({@link Cps},
 * {@link Ddim}), which keep the noise level on the grid. Without noise both are the Euler step of the ODE. {@link SdeDpm} is of the
 * second family, and may look back at the step before.
 */
public sealed interface SdeRule
        permits SdeRule.FlowGrpo, SdeRule.Dance, SdeRule.Wan, SdeRule.Table, SdeRule.Cps, SdeRule.Ddim, SdeRule.SdeDpm {
    /**
     * Returns the numbers of one step that knows nothing of the step before.
     *
     * @param schedule the grid
     * @param step k in [0, N); from σ_k to σ_{k+1}
     */
    GaussianStep at(TimeSchedule schedule, int step);

    /** Returns the numbers of one step where the data that the step before predicted is known. */
    default GaussianStep continued(TimeSchedule schedule, int step) {
        return at(schedule, step);
    }

    /** Returns whether some steps want to know what the step before has predicted. */
    default boolean looksBack() {
        return false;
    }

    /** Returns whether steps are Euler–Maruyama's, so that a diffusion coefficient says all of them. */
    default boolean diffuses() {
        return true;
    }

    /** Returns the log-probability that the rule's authors use. */
    default Likelihood likelihood() {
        return Likelihood.GAUSSIAN_MEAN;
    }

    /**
     * Flow-SDE: g(σ) = a·√(σ/(1 − σ)). In the first step, where σ is 1 or so near it that g has no meaning, σ_1 stands in the
     * denominator, which makes s = a when σ_0 = 1.
     *
     * <p>Source: Flow-GRPO (2025), arXiv:2505.05470, Eq. 9, and its {@code sd3_sde_with_logprob.py}. Differs: the first step is
     * known by its place and σ_0 ≥ 1 − 10⁻⁵, not by σ = 1, so that Wan's grid, which starts at 1 − 10⁻⁶, is safe.
     *
     * @param noiseLevel a ≥ 0; SD3 0.7, FLUX 0.9
     */
    record FlowGrpo(double noiseLevel) implements SdeRule {
        private static final double PURE_NOISE = 1 - 1e-5;

        public FlowGrpo {
            Require.notNegative("noiseLevel", noiseLevel);
        }

        @Override
        public GaussianStep at(TimeSchedule schedule, int step) {
            double sigma = schedule.sigma(step);
            double cap = step == 0 && sigma >= PURE_NOISE ? schedule.sigma(1) : sigma;
            return GaussianStep.eulerMaruyama(schedule, step, noiseLevel * Math.sqrt(sigma / (1 - cap)));
        }
    }

    /**
     * Dance-SDE: constant g = η.
     *
     * <p>Source: DanceGRPO (2025), arXiv:2505.07818.
     *
     * @param eta η ≥ 0; FLUX 0.3, HunyuanVideo 0.25
     */
    record Dance(double eta) implements SdeRule {
        public Dance {
            Require.notNegative("eta", eta);
        }

        @Override
        public GaussianStep at(TimeSchedule schedule, int step) {
            return GaussianStep.eulerMaruyama(schedule, step, eta);
        }
    }

    /**
     * Flow-GRPO's form for Wan: g(σ) = σ_N + (σ_1 − σ_N)·σ, with the grid's second and last levels.
     *
     * <p>Source: flow_grpo, {@code wan_pipeline_with_logprob.py}.
     */
    record Wan() implements SdeRule {
        @Override
        public GaussianStep at(TimeSchedule schedule, int step) {
            double low = schedule.sigma(schedule.steps());
            double high = schedule.sigma(1);
            return GaussianStep.eulerMaruyama(schedule, step, low + (high - low) * schedule.sigma(step));
        }
    }

    /**
     * A diffusion coefficient for each step, g(σ_k) = ψ_k (DenseGRPO's calibrated noise).
     *
     * @param diffusions ψ_k ≥ 0, one for each step of the grid
     */
    record Table(List<Double> diffusions) implements SdeRule {
        public Table {
            diffusions = List.copyOf(diffusions);
            for (int k = 0; k < diffusions.size(); k++) {
                Require.notNegative("diffusions[" + k + "]", diffusions.get(k));
            }
        }

        @Override
        public GaussianStep at(TimeSchedule schedule, int step) {
            if (diffusions.size() != schedule.steps()) {
                throw new IllegalArgumentException(
                        "diffusions has %s entries but the schedule has %s steps; they must be equal."
                                .formatted(diffusions.size(), schedule.steps()));
            }
            return GaussianStep.eulerMaruyama(schedule, step, diffusions.get(step));
        }
    }

    /**
     * Flow-CPS: s = σ'·sin(a·π/2). At a = 1 all noise is renewed. With a fixed a and many steps the samples lose variance:
     * lower a as the number of steps grows.
     *
     * <p>Source: Coefficients-Preserving Sampling (2025), arXiv:2509.05952.
     *
     * @param noiseLevel a in [0, 1]; 0.7 to 0.8
     */
    record Cps(double noiseLevel) implements SdeRule {
        public Cps {
            Require.within("noiseLevel", noiseLevel, 0, 1);
        }

        @Override
        public boolean diffuses() {
            return false;
        }

        @Override
        public GaussianStep at(TimeSchedule schedule, int step) {
            double std = schedule.sigma(step + 1) * Math.sin(noiseLevel * Math.PI / 2);
            return GaussianStep.coefficientPreserving(schedule, step, std);
        }

        @Override
        public Likelihood likelihood() {
            return Likelihood.QUADRATIC;
        }
    }

    /**
     * DDIM with noise: s = η·σ'·√(1 − (σ'(1 − σ)/(σ(1 − σ')))²). At η = 1 it is first-order SDE-DPM-Solver++.
     *
     * <p>Source: Song et al. (2021), arXiv:2010.02502, Eq. 16, on the linear path.
     *
     * @param eta η in [0, 1]
     */
    record Ddim(double eta) implements SdeRule {
        public Ddim {
            Require.within("eta", eta, 0, 1);
        }

        @Override
        public boolean diffuses() {
            return false;
        }

        @Override
        public GaussianStep at(TimeSchedule schedule, int step) {
            double sigma = schedule.sigma(step);
            double next = schedule.sigma(step + 1);
            double ratio = next * (1 - sigma) / (sigma * (1 - next));
            double std = eta * next * Math.sqrt((1 - ratio) * (1 + ratio));
            return GaussianStep.coefficientPreserving(schedule, step, std);
        }
    }

    /**
     * SDE-DPM-Solver++: with α = 1 − σ, λ = ln(α/σ), η = λ(σ') − λ(σ) the first order is
     * μ = (σ'/σ)·e^{−η}·x + α'·(1 − e^{−2η})·ẑ and s = σ'·√(1 − e^{−2η}), which is {@link Ddim} with η = 1. The second order adds
     * α'·c·D1 with D1 = (ẑ − ẑ_before)/r and r = (λ(σ) − λ(σ_before))/η, where c = ½(1 − e^{−2η}) in the midpoint form and
     * 1 − (1 − e^{−2η})/(2η) in the Heun form. ẑ_before is a constant. First order where there is no ẑ before, as in the first step
     * and after a step of the ODE by a method that keeps none, and where D1 is 0 because σ_before is 1.
     *
     * <p>Source: Lu et al. (2022), arXiv:2211.01095, Appendix A; MixGRPO, {@code fastvideo/utils/sampling_utils.py}.
     *
     * @param order 1 or 2
     * @param form how D1 is integrated; the first order has none
     */
    record SdeDpm(int order, OdeSolver.DpmSolver2M.Form form) implements SdeRule {
        private static final SdeRule FIRST = new Ddim(1);

        /** η counts twice, because noise is renewed as fast as it is removed. */
        private static final double PACE = 2;

        public SdeDpm {
            Require.within("order", order, 1, 2);
        }

        /** The midpoint form. */
        public SdeDpm(int order) {
            this(order, OdeSolver.DpmSolver2M.Form.MIDPOINT);
        }

        @Override
        public boolean diffuses() {
            return false;
        }

        @Override
        public GaussianStep at(TimeSchedule schedule, int step) {
            return FIRST.at(schedule, step);
        }

        @Override
        public GaussianStep continued(TimeSchedule schedule, int step) {
            GaussianStep first = at(schedule, step);
            return looksBack()
                    ? first.corrected(
                            new OdeSolver.DpmSolver2M(form).correction(new OdeSolver.Position(schedule, step), PACE))
                    : first;
        }

        @Override
        public boolean looksBack() {
            return order == 2;
        }
    }
}
