package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.grpo.GrpoOptions;
import dev.sluice.grpo.Matching;
import dev.sluice.grpo.RewardWeighted;
import java.util.List;
import java.util.Optional;

/** Flow matching of the policy's own samples, weighted by their rewards. */
public final class WeightedChoice {
    private WeightedChoice() {}

    private static Matching matching(RewardWeighted loss, LevelsChoice levels, int draws, List<AnchorChoice> anchors) {
        return new Matching(loss, levels.levels(), draws, AnchorChoice.anchors(anchors), Optional.empty(), false);
    }

    /** How rewards become weights, by its name in run files. */
    public enum Weighting {
        /** exp(R/τ), over the iteration. */
        EXPONENTIAL(RewardWeighted.Weighting.EXPONENTIAL),
        /** The softmax of R/τ within the group. */
        SOFTMAX(RewardWeighted.Weighting.SOFTMAX);

        private final RewardWeighted.Weighting weighting;

        Weighting(RewardWeighted.Weighting weighting) {
            this.weighting = weighting;
        }
    }

    /**
     * Flow-RWR: better samples weigh more.
     *
     * @param weighting how rewards become weights
     * @param temperature τ, in the reward's unit
     * @param levels the levels of noise
     * @param draws levels that every sample is looked at with
     * @param anchors penalties
     */
    @Variant(
            value = "rwr",
            lacks = {"ratio", "clipRange", "stepWeight", "stepFraction", "klWeight", "klForm"},
            because =
                    "it is plain flow matching with weights, which has no importance ratio and no step of the sampler")
    public record Rwr(
            Weighting weighting,
            @Within(above = 0) double temperature,
            LevelsChoice levels,
            @Within(least = 1, most = 1000) int draws,
            List<AnchorChoice> anchors)
            implements ObjectiveChoice {
        @Override
        public Matching objective(double advantageLimit) {
            return matching(new RewardWeighted(weighting.weighting, temperature), levels, draws, anchors);
        }

        @Override
        public Passes passes(GrpoOptions.Batch batch, GrpoOptions.Updates updates, int stochasticSteps) {
            long learned = (long) batch.samples() * draws * updates.innerEpochs();
            return new Passes(learned, anchors.isEmpty() ? 0 : learned);
        }
    }

    /**
     * Rejection fine-tuning: only the best sample of a prompt is learned from.
     *
     * @param levels the levels of noise
     * @param draws levels that every sample is looked at with
     * @param anchors penalties
     */
    @Variant(
            value = "rft",
            lacks = {"ratio", "clipRange", "stepWeight", "stepFraction", "klWeight", "klForm"},
            because =
                    "it is plain flow matching of the best samples, which has no importance ratio and no step of the sampler")
    public record Rft(
            LevelsChoice levels,
            @Within(least = 1, most = 1000) int draws,
            List<AnchorChoice> anchors) implements ObjectiveChoice {
        @Override
        public Matching objective(double advantageLimit) {
            return matching(new RewardWeighted(RewardWeighted.Weighting.BEST, 1), levels, draws, anchors);
        }

        @Override
        public Passes passes(GrpoOptions.Batch batch, GrpoOptions.Updates updates, int stochasticSteps) {
            long learned = (long) batch.prompts() * draws * updates.innerEpochs();
            return new Passes(learned, anchors.isEmpty() ? 0 : learned);
        }
    }
}
