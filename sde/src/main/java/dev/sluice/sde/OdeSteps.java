package dev.sluice.sde;

import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.UniPc;
import dev.sluice.flow.tensor.Require;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a rollout takes the steps that are not stochastic. A method that looks back at the data predicted in the step before does so
 * after a stochastic step, too.
 *
 * @param solver the method of each; any but UniPC
 * @param tail what becomes of those after the last stochastic step; empty if they are like the others
 */
public record OdeSteps(OdeSolver solver, Optional<Tail> tail) {
    /** Euler's steps on the grid's own levels. */
    public static final OdeSteps EULER = new OdeSteps(new OdeSolver.Euler(), Optional.empty());

    public OdeSteps {
        refuseCorrecting(solver);
    }

    private static void refuseCorrecting(OdeSolver solver) {
        if (solver instanceof UniPc) {
            throw new IllegalArgumentException(
                    "solver (unipc) must be euler, heun, midpoint or dpm2m, because UniPC goes back to correct the step before, which may have had noise."
                            .formatted());
        }
    }

    /**
     * Fewer and longer steps after the last stochastic one, p: of the N − p levels from σ_{p+1} to 0 are left
     * K = max(2, ⌊(N − p)·ρ⌋), at places as evenly apart on the grid as those of its own levels. With ρ = 1 they are its own.
     *
     * <p>Source: MixGRPO (2025), arXiv:2507.21802, its Flash variant, {@code fastvideo/utils/sampling_utils.py}. Differs: K is at
     * least 2, because one level would never reach 0.
     *
     * @param solver the method of each step; any but UniPC; published as DPM-Solver++ (2M)
     * @param ratio ρ in (0, 1]; published as 0.4, and 0.2 for a window that stays
     */
    public record Tail(OdeSolver solver, double ratio) {
        /** Below the rounding of (N − p)·ρ, so that a product that is a whole number counts as that number. */
        private static final double ROUNDING = 1e-9;

        public Tail {
            refuseCorrecting(solver);
            Require.positive("ratio", ratio);
            Require.within("ratio", ratio, 0, 1);
        }

        /** Returns K − 1, the number of steps from σ_{p+1} to 0, where p is the last stochastic step of N. */
        int steps(int steps, int last) {
            return Math.max(2, (int) Math.floor((steps - last) * ratio + ROUNDING)) - 1;
        }

        private TimeSchedule grid(TimeSchedule schedule, int last) {
            List<Double> levels = new ArrayList<>();
            for (int k = 0; k <= last + 1; k++) {
                levels.add(schedule.sigma(k));
            }
            int way = schedule.steps() - last - 1;
            int steps = steps(schedule.steps(), last);
            for (int j = 1; j <= steps; j++) {
                levels.add(schedule.between(last + 1 + (double) j * way / steps));
            }
            return new TimeSchedule.Explicit(levels);
        }
    }

    /**
     * Returns the levels that a rollout walks: the grid, or the grid up to the end of the last stochastic step and then the tail. The
     * last of them is 0.
     *
     * @param schedule the grid
     * @param stochasticSteps rising, each in [0, N − 2]
     */
    public TimeSchedule grid(TimeSchedule schedule, List<Integer> stochasticSteps) {
        RolloutPlan.check(stochasticSteps, schedule.steps());
        return tail.isPresent() && !stochasticSteps.isEmpty()
                ? tail.get().grid(schedule, last(stochasticSteps))
                : schedule;
    }

    private static int last(List<Integer> stochasticSteps) {
        return stochasticSteps.get(stochasticSteps.size() - 1);
    }

    /** Returns the method of a step that is not stochastic. */
    OdeSolver solver(int step, List<Integer> stochasticSteps) {
        boolean after = !stochasticSteps.isEmpty() && step > last(stochasticSteps);
        return after && tail.isPresent() ? tail.get().solver() : solver;
    }

    /** Returns whether a method looks back at what the step before has predicted. */
    boolean remembers() {
        return solver instanceof OdeSolver.DpmSolver2M
                || tail.filter(one -> one.solver() instanceof OdeSolver.DpmSolver2M)
                        .isPresent();
    }

    /**
     * Returns the number of calls of the model in a rollout.
     *
     * @param steps N, all steps of the grid
     * @param stochasticSteps rising, each in [0, N − 2]
     */
    public int evaluations(int steps, List<Integer> stochasticSteps) {
        int stochastic = stochasticSteps.size();
        if (tail.isEmpty() || stochastic == 0) {
            return stochastic + solver.evaluations(steps - stochastic);
        }
        int last = last(stochasticSteps);
        int before = last + 1 - stochastic;
        // The last step of a grid may cost less, and it is in the tail.
        return stochastic
                + solver.evaluations(before + 1)
                - solver.evaluations(1)
                + tail.get().solver().evaluations(tail.get().steps(steps, last));
    }
}
