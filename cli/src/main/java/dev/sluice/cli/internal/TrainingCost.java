package dev.sluice.cli.internal;

import dev.sluice.configs.ObjectiveChoice;
import dev.sluice.configs.RunConfig;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.grpo.GrpoOptions;
import java.util.List;
import java.util.Locale;

/**
 * What a run would cost.
 *
 * @param trained scalars that are trained
 * @param megabytes weights and all that the optimiser keeps, without what a batch needs on its way
 * @param lanes chunks whose activations take memory at a time
 * @param rolloutPasses passes of one picture through the network, to sample an iteration and complete what its credit looks at
 * @param updatePasses passes of one picture through the network, forward and back, to learn from it
 * @param referencePasses passes of one picture forward only, through frozen networks or to measure
 */
public record TrainingCost(
        long trained, double megabytes, int lanes, long rolloutPasses, long updatePasses, long referencePasses) {
    /** Returns the cost of an opened session. */
    public static TrainingCost of(TrainingSession session) {
        RunConfig config = session.config();
        GrpoOptions.Batch batch = config.batch();
        long guided = session.passesOfAVelocity();
        long pictures = batch.samples() * guided;
        int steps = config.sampling().steps();
        List<Integer> stochasticSteps = config.exploration().steps(steps).steps(steps, 0, NoiseSource.of(0));
        ObjectiveChoice.Passes updates = config.objective().passes(batch, config.updates(), stochasticSteps.size());
        long trained = session.trainable().parameterCount();
        long network = session.pipeline().transformerWeights().parameterCount();
        long folded = session.trainable().folded().stream()
                .mapToLong(name -> session.trainable().weights().get(name).size())
                .sum();
        // A value, a gradient, two moments and an average of what is trained; the network, and the frozen copy of it;
        // and on
        // each lane the gradient of the weights that the adapter is folded into.
        int lanes = session.lanes().count();
        double megabytes = 4.0 * (5 * trained + 2 * network + lanes * folded) / 1e6;
        return new TrainingCost(
                trained,
                megabytes,
                lanes,
                pictures * (steps + completed(config, stochasticSteps)),
                guided * updates.learned(),
                guided * updates.frozen());
    }

    /** Returns the steps of the ODE from every state that the credit looks at. */
    private static long completed(RunConfig config, List<Integer> stochastic) {
        int steps = config.sampling().steps();
        int most = config.credit().completionSteps() == 0
                ? Integer.MAX_VALUE
                : config.credit().completionSteps();
        long whole = config.credit().credit().needsStates()
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
        return List.of(
                String.format(Locale.ROOT, "# trained parameters: %,d", trained),
                String.format(
                        Locale.ROOT,
                        "# weights and optimiser: %.0f MB, without the activations of %s at a time",
                        megabytes,
                        lanes == 1 ? "a chunk" : lanes + " chunks"),
                String.format(
                        Locale.ROOT,
                        "# passes of one picture for each iteration: %,d forward to sample, %,d forward and back to learn, %,d forward for the reference",
                        rolloutPasses,
                        updatePasses,
                        referencePasses));
    }
}
