package dev.sluice.cli.internal;

import dev.sluice.configs.CreditChoice;
import dev.sluice.configs.ExplorationChoice;
import dev.sluice.configs.ObjectiveChoice;
import dev.sluice.configs.RunConfig;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.grpo.GrpoOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a run would cost.
 *
 * @param trained scalars that are trained
 * @param memory the most memory that it would hold
 * @param rolloutPasses passes of one picture through the network, to sample an iteration and complete what its credit looks at
 * @param updatePasses passes of one picture through the network, forward and back, to learn from it
 * @param referencePasses passes of one picture forward only, through frozen networks or to measure
 */
public record TrainingCost(
        long trained, MemoryForecast memory, long rolloutPasses, long updatePasses, long referencePasses) {
    /** Returns the cost of an opened session. */
    public static TrainingCost of(TrainingSession session) {
        RunConfig config = session.config();
        GrpoOptions.Batch batch = config.batch();
        long guided = session.passesOfAVelocity();
        long pictures = batch.samples() * guided;
        int steps = config.sampling().steps();
        List<Integer> stochasticSteps = config.exploration().steps(steps).steps(steps, 0, NoiseSource.of(0));
        ObjectiveChoice.Passes updates = config.objective().passes(batch, config.updates(), stochasticSteps.size());
        return new TrainingCost(
                session.trainable().parameterCount(),
                session.forecast(),
                config.exploration().rule() == ExplorationChoice.Rule.STORED
                        ? 0
                        : pictures
                                * (config.exploration().odeSteps().evaluations(steps, stochasticSteps)
                                        + completed(config, stochasticSteps)),
                guided * updates.learned(),
                guided * updates.frozen());
    }

    /** Returns the steps of the ODE from every state that the credit looks at. */
    private static long completed(RunConfig config, List<Integer> stochastic) {
        int steps = config.sampling().steps();
        int most = config.credit().completionSteps() == 0
                ? Integer.MAX_VALUE
                : config.credit().completionSteps();
        long whole = config.credit().credit().needsStates() && config.credit().judge() == CreditChoice.Judge.REWARD
                ? stochastic.stream()
                        .mapToLong(step -> Math.min(most, steps - step))
                        .sum()
                : 0;
        // After the stochastic step a coarse completion takes one step of the grid, then several at a time.
        long coarse = config.credit().granularities().stream()
                .skip(1)
                .mapToLong(at -> 1 + (steps - stochastic.get(0) - 2 + at - 1) / at)
                .sum();
        return whole + coarse;
    }

    /** Returns lines of YAML comments. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(Locale.ROOT, "# trained parameters: %,d", trained));
        lines.addAll(memory.lines());
        lines.add(String.format(
                Locale.ROOT,
                "# passes of one picture for each iteration: %,d forward to sample, %,d forward and back to learn, %,d forward for the reference",
                rolloutPasses,
                updatePasses,
                referencePasses));
        return lines;
    }
}
