package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.grpo.Contrast;
import dev.sluice.grpo.Frozen;
import dev.sluice.grpo.GrpoOptions;
import dev.sluice.grpo.Matching;
import java.util.List;
import java.util.Optional;

/**
 * DiffusionNFT: the copy samples, and the policy is drawn to good samples and away from bad ones.
 *
 * @param beta how far the policy of the loss lies beyond the copy
 * @param use what of the advantages counts
 * @param levels the levels of noise
 * @param draws levels that every sample is looked at with
 * @param anchors penalties
 * @param copy how the copy that samples follows
 */
@Variant(
        value = "nft",
        lacks = {"ratio", "clipRange", "stepWeight", "stepFraction", "klWeight", "klForm"},
        because =
                "its loss has no importance ratio; how far an update may go is bounded by the slow copy and by anchors")
public record NftChoice(
        @Within(above = 0) double beta,
        Contrast.Use use,
        LevelsChoice levels,
        @Within(least = 1, most = 1000) int draws,
        List<AnchorChoice> anchors,
        CopyChoice copy)
        implements ObjectiveChoice {
    @Override
    public Matching objective(double advantageLimit) {
        return new Matching(
                new Contrast(beta, advantageLimit, use),
                levels.levels(),
                draws,
                AnchorChoice.anchors(anchors),
                Optional.of(copy.rule()),
                true);
    }

    @Override
    public Passes passes(GrpoOptions.Batch batch, GrpoOptions.Updates updates, int stochasticSteps) {
        long learned = (long) batch.samples() * draws * updates.innerEpochs();
        boolean reference = anchors.stream().anyMatch(anchor -> anchor.to() == Frozen.REFERENCE);
        return new Passes(learned, learned * (reference ? 2 : 1));
    }
}
