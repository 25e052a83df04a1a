package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.grpo.GrpoOptions;
import dev.sluice.grpo.RewardDifference;

/**
 * PRDP: a regression of reward differences on the log-ratios of whole trajectories.
 *
 * @param beta the temperature of the optimum that is regressed on
 * @param clipRange how far a step's log-ratio may leave its value at the rollout
 */
@Variant(
        value = "prdp",
        lacks = {"ratio", "stepWeight", "stepFraction", "klWeight", "klForm"},
        because = "its loss is of whole trajectories, and beta says how far the policy may go")
public record PrdpChoice(
        @Within(above = 0) double beta, @Within(above = 0) double clipRange) implements ObjectiveChoice {
    @Override
    public RewardDifference objective(double advantageLimit) {
        return new RewardDifference(beta, clipRange);
    }

    @Override
    public Passes passes(GrpoOptions.Batch batch, GrpoOptions.Updates updates, int stochasticSteps) {
        long once = (long) batch.samples() * stochasticSteps;
        int epochs = updates.innerEpochs();
        // The reference's once; the present ones' again before every update but the first.
        return new Passes(once * epochs, once * epochs);
    }
}
