package dev.sluice.configs;

import dev.sluice.configs.internal.Within;
import dev.sluice.flow.OdeSolver;
import dev.sluice.sde.OdeSteps;
import java.util.Optional;

/**
 * Fewer and longer steps after the last stochastic one: MixGRPO's Flash variant.
 *
 * @param ratio how many of the levels after it are left, at least two; 1 for all
 * @param solver the method of each step; dpm2m if left out
 */
public record TailChoice(@Within(above = 0, most = 1) double ratio, Optional<EvaluationChoice.Solver> solver) {
    public TailChoice {
        tail(ratio, solver);
    }

    private static OdeSteps.Tail tail(double ratio, Optional<EvaluationChoice.Solver> solver) {
        return new OdeSteps.Tail(
                solver.map(EvaluationChoice.Solver::solver).orElseGet(OdeSolver.DpmSolver2M::new), ratio);
    }

    /** Returns the sampler's choice. */
    OdeSteps.Tail tail() {
        return tail(ratio, solver);
    }
}
