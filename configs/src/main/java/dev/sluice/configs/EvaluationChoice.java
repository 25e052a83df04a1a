package dev.sluice.configs;

import dev.sluice.configs.internal.Within;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.UniPc;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How a run is judged on its test prompts: before it, every few iterations and after it, always from the same seeds, with the
 * averaged weights and the ODE.
 *
 * @param rewards what judges; what is trained with, if empty
 * @param every iterations between two evaluations; 0 for only before and after
 * @param steps steps of the ODE
 * @param solver the method of each step; that of the model's own scheduler, if left out
 * @param guidance scale of the classifier-free guidance; the rollout's, if left out. A run that is trained without, at half the
 *     cost, can so be tested as it is going to be sampled
 * @param prompts how many of the test prompts, spread over all of them; 0 for all
 * @param samplesPerPrompt pictures of each prompt
 * @param chunkSize pictures made at a time
 * @param firstSeed the seed of the first picture
 * @param pictures how many pictures are kept of each evaluation, spread over the tasks
 * @param hacking what a test does that finds the training reward and the test score going different ways
 */
public record EvaluationChoice(
        List<RunConfig.RewardChoice> rewards,
        @Within(least = 0) int every,
        @Within(least = 1, most = 1000) int steps,
        Optional<Solver> solver,
        @Within(least = 0, most = 100) Optional<Double> guidance,
        @Within(least = 0) int prompts,
        @Within(least = 1, most = 10000) int samplesPerPrompt,
        @Within(least = 1, most = 65536) int chunkSize,
        long firstSeed,
        @Within(least = 0, most = 10000) int pictures,
        Hacking hacking) {
    public EvaluationChoice {
        if (!rewards.isEmpty()) {
            RewardRules.check(rewards);
        }
    }

    /** Returns the same with a solver. */
    public EvaluationChoice withSolver(Solver other) {
        return new EvaluationChoice(
                rewards,
                every,
                steps,
                Optional.of(other),
                guidance,
                prompts,
                samplesPerPrompt,
                chunkSize,
                firstSeed,
                pictures,
                hacking);
    }

    /** What is done about a reward that looks as if it were being hacked. */
    public enum Hacking {
        /** Nothing is said before the report. */
        IGNORE,
        /** It is said. */
        WARN,
        /** It is said, and the run ends as if this were its last iteration. */
        STOP
    }

    /** The solvers by their names in run files. */
    public enum Solver {
        /** First order. */
        EULER(new OdeSolver.Euler()),
        /** First order, with new noise in every step. */
        STOCHASTIC(new OdeSolver.Stochastic()),
        /** Second order, two calls a step. */
        HEUN(new OdeSolver.Heun()),
        /** Second order, two calls a step. */
        MIDPOINT(new OdeSolver.Midpoint()),
        /** DPM-Solver++ (2M): second order, one call a step. */
        DPM2M(new OdeSolver.DpmSolver2M()),
        /** UniPC: second order with a corrector, one call a step; Wan's own. */
        UNIPC(new UniPc());

        @SuppressWarnings("ImmutableEnumChecker") // the solvers are records without state
        private final OdeSolver solver;

        Solver(OdeSolver solver) {
            this.solver = solver;
        }

        /** Returns the solver. */
        public OdeSolver solver() {
            return solver;
        }

        /** Returns a model's own solver where that is of this method, with the settings of its scheduler, else the usual one. */
        public OdeSolver beside(OdeSolver own) {
            return own.getClass() == solver.getClass() ? own : solver;
        }

        /** Returns the name of a solver's method. */
        public static Solver of(OdeSolver solver) {
            return Arrays.stream(values())
                    .filter(name -> name.solver.getClass() == solver.getClass())
                    .findFirst()
                    .orElseThrow();
        }
    }
}
