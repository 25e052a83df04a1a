package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.grpo.AdvantageWeighted;
import dev.sluice.grpo.ClipRule;
import dev.sluice.grpo.GrpoOptions;
import dev.sluice.grpo.Matching;
import dev.sluice.grpo.MatchingLikelihood;
import dev.sluice.grpo.MatchingLoss;
import dev.sluice.grpo.PolicyLoss;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleFunction;

/**
 * Advantage weighted matching.
 *
 * @param weighting what is made of a matching error
 * @param power of the generalised Huber weighting; others have none and ignore it
 * @param ratios what a ratio is of
 * @param clipRange how far a ratio may leave 1
 * @param advantageScale the largest size of an advantage
 * @param levels the levels of noise
 * @param draws levels that every sample is looked at with
 * @param anchors penalties
 * @param copy how the copy follows that an anchor may be to
 */
@Variant(
        value = "awm",
        lacks = {"ratio", "stepWeight", "stepFraction", "klWeight", "klForm"},
        because = "it learns from finished samples, and no step of the sampler is trained")
public record AwmChoice(
        Weighting weighting,
        @Within(above = 0, most = 1) double power,
        MatchingLoss.Ratios ratios,
        @Within(above = 0, most = 1) double clipRange,
        @Within(above = 0) double advantageScale,
        LevelsChoice levels,
        @Within(least = 1, most = 1000) int draws,
        List<AnchorChoice> anchors,
        Optional<CopyChoice> copy)
        implements ObjectiveChoice {
    /** What is made of a matching error, by its name in run files. */
    public enum Weighting {
        /** The error itself. */
        UNIFORM(power -> new MatchingLikelihood.SigmaPower(0)),
        /** Times σ. */
        SIGMA(power -> new MatchingLikelihood.SigmaPower(1)),
        /** Times σ². */
        SIGMA_SQUARED(power -> new MatchingLikelihood.SigmaPower(2)),
        /** Its root, times σ. */
        HUBER(power -> new MatchingLikelihood.Huber()),
        /** Another power of it, times σ. */
        GENERALISED_HUBER(MatchingLikelihood.GeneralisedHuber::new);

        @SuppressWarnings("ImmutableEnumChecker") // constructors have no state
        private final DoubleFunction<MatchingLikelihood> likelihood;

        Weighting(DoubleFunction<MatchingLikelihood> likelihood) {
            this.likelihood = likelihood;
        }
    }

    public AwmChoice {
        objective(weighting, power, ratios, clipRange, advantageScale, levels, draws, anchors, copy);
    }

    private static Matching objective(
            Weighting weighting,
            double power,
            MatchingLoss.Ratios ratios,
            double clipRange,
            double factor,
            LevelsChoice levels,
            int draws,
            List<AnchorChoice> anchors,
            Optional<CopyChoice> copy) {
        MatchingLoss loss = new MatchingLoss(
                weighting.likelihood.apply(power), ratios, new PolicyLoss.PpoClip(ClipRule.symmetric(clipRange)));
        return new Matching(
                new AdvantageWeighted(loss, factor),
                levels.levels(),
                draws,
                AnchorChoice.anchors(anchors),
                copy.map(CopyChoice::rule),
                false);
    }

    @Override
    public Matching objective(double advantageLimit) {
        double factor = advantageScale / advantageLimit;
        return objective(weighting, power, ratios, clipRange, factor, levels, draws, anchors, copy);
    }

    @Override
    public Passes passes(GrpoOptions.Batch batch, GrpoOptions.Updates updates, int stochasticSteps) {
        long once = (long) batch.samples() * draws;
        int uses = updates.perIteration() * updates.innerEpochs();
        long frozen = anchors.stream().map(AnchorChoice::to).distinct().count() * updates.innerEpochs();
        return new Passes(once * updates.innerEpochs(), once * (frozen + (uses > 1 ? 1 : 0)));
    }
}
