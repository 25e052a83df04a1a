package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.grpo.CriticWeighted;
import dev.sluice.grpo.GrpoOptions;
import dev.sluice.grpo.Matching;
import java.util.List;
import java.util.Optional;

/**
 * AC-Flow: flow matching of the policy's own samples, those more that are worth more than the critic has expected.
 *
 * @param weighting how that becomes weights
 * @param temperature how strongly
 * @param limit how much more or less at most counts, in deviations
 * @param levels the levels of noise
 * @param draws levels that every sample is looked at with
 * @param anchors penalties
 */
@Variant(
        value = "ac-flow",
        lacks = {"ratio", "clipRange", "stepWeight", "stepFraction", "klWeight", "klForm", "distillation", "copy"},
        because = "it is flow matching with weights, which has no importance ratio and no step of the sampler")
public record ActorCriticChoice(
        CriticWeighted.Weighting weighting,
        @Within(above = 0) double temperature,
        @Within(above = 0) double limit,
        LevelsChoice levels,
        @Within(least = 1, most = 1000) int draws,
        List<AnchorChoice> anchors)
        implements ObjectiveChoice {
    @Override
    public Matching objective(double advantageLimit) {
        return new Matching(
                new CriticWeighted(weighting, temperature, limit),
                levels.levels(),
                draws,
                AnchorChoice.anchors(anchors),
                Optional.empty(),
                false);
    }

    @Override
    public Passes passes(GrpoOptions.Batch batch, GrpoOptions.Updates updates, int stochasticSteps) {
        long learned = (long) batch.samples() * draws * updates.innerEpochs();
        return new Passes(learned, anchors.isEmpty() ? 0 : learned);
    }
}
