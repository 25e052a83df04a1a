package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.grpo.ClipRule;
import dev.sluice.grpo.Contest;
import dev.sluice.grpo.Frozen;
import dev.sluice.grpo.GroupPreference;
import dev.sluice.grpo.GrpoOptions;
import dev.sluice.grpo.Matching;
import dev.sluice.grpo.PairPreference;
import dev.sluice.grpo.Pairing;
import dev.sluice.grpo.SampleLoss;
import dev.sluice.grpo.SetPreference;
import java.util.List;
import java.util.Optional;

/** Preferences between the policy's own samples. */
public final class PreferenceChoice {
    private PreferenceChoice() {}

    private static Matching matching(
            SampleLoss loss, LevelsChoice levels, int draws, Optional<CopyChoice> copy, boolean copySamples) {
        return new Matching(
                loss, levels.levels(), draws, List.of(), copy.map(CopyChoice::rule), copySamples && copy.isPresent());
    }

    private static Frozen frozen(Optional<CopyChoice> copy) {
        return copy.isPresent() ? Frozen.COPY : Frozen.REFERENCE;
    }

    private static ObjectiveChoice.Passes passes(
            GrpoOptions.Batch batch, GrpoOptions.Updates updates, int samples, int draws) {
        long learned = (long) batch.prompts() * samples * draws * updates.innerEpochs();
        return new ObjectiveChoice.Passes(learned, learned);
    }

    /**
     * Online Flow-DPO: the best sample of a prompt is preferred to the worst.
     *
     * @param beta how strongly
     * @param levels the levels of noise
     * @param draws levels that every pair is looked at with
     * @param copy how the copy follows that the loss compares with, and that samples; the reference is compared with, and the
     *     policy samples, if it is left out
     */
    @Variant(
            value = "dpo",
            lacks = {"ratio", "clipRange", "stepWeight", "stepFraction", "klWeight", "klForm", "anchors"},
            because =
                    "its loss compares with a frozen policy and has no importance ratio; beta says how far the policy may go")
    public record Dpo(
            @Within(above = 0) double beta,
            LevelsChoice levels,
            @Within(least = 1, most = 1000) int draws,
            Optional<CopyChoice> copy)
            implements ObjectiveChoice {
        @Override
        public Matching objective(double advantageLimit) {
            SampleLoss loss = new PairPreference(beta, frozen(copy), new Pairing.Extremes());
            return matching(loss, levels, draws, copy, true);
        }

        @Override
        public Passes passes(GrpoOptions.Batch batch, GrpoOptions.Updates updates, int stochasticSteps) {
            return PreferenceChoice.passes(batch, updates, 2, draws);
        }
    }

    /**
     * DGPO: preference over whole groups.
     *
     * @param beta how strongly
     * @param sharedNoise whether the samples of a group are noised alike
     * @param clipRange how far the error of a sample may move; no bound if left out
     * @param levels the levels of noise
     * @param draws levels that every group is looked at with
     * @param copy how the copy follows that the loss compares with; the reference is, if it is left out
     */
    @Variant(
            value = "dgpo",
            lacks = {"ratio", "stepWeight", "stepFraction", "klWeight", "klForm", "anchors"},
            because =
                    "it learns from finished samples and compares with a frozen policy; beta says how far the policy may go")
    public record Dgpo(
            @Within(above = 0) double beta,
            boolean sharedNoise,
            @Within(above = 0, most = 1) Optional<Double> clipRange,
            LevelsChoice levels,
            @Within(least = 1, most = 1000) int draws,
            Optional<CopyChoice> copy)
            implements ObjectiveChoice {
        @Override
        public Matching objective(double advantageLimit) {
            SampleLoss loss = new GroupPreference(beta, frozen(copy), sharedNoise, clipRange.map(ClipRule::symmetric));
            return matching(loss, levels, draws, copy, false);
        }

        @Override
        public Passes passes(GrpoOptions.Batch batch, GrpoOptions.Updates updates, int stochasticSteps) {
            return PreferenceChoice.passes(batch, updates, batch.groupSize(), draws);
        }
    }

    /**
     * DRAGON: the better of two sets of samples is preferred, after exchanges that make it better still.
     *
     * @param beta how strongly
     * @param paired whether the samples of a prompt are compared with one another (Flow-DPO), or each with the mean (KTO)
     * @param variety weight of a set's variety beside its mean reward; 0 for the better sample of each pair
     * @param levels the levels of noise
     * @param draws levels that every pair is looked at with
     * @param copy as in {@code dpo}
     */
    @Variant(
            value = "dragon",
            lacks = {"ratio", "clipRange", "stepWeight", "stepFraction", "klWeight", "klForm", "anchors"},
            because =
                    "its loss compares with a frozen policy and has no importance ratio; beta says how far the policy may go")
    public record Dragon(
            @Within(above = 0) double beta,
            boolean paired,
            @Within(least = 0) double variety,
            LevelsChoice levels,
            @Within(least = 1, most = 1000) int draws,
            Optional<CopyChoice> copy)
            implements ObjectiveChoice {
        @Override
        public Matching objective(double advantageLimit) {
            Pairing pairing = new Contest(variety);
            SampleLoss loss = paired
                    ? new PairPreference(beta, frozen(copy), pairing)
                    : new SetPreference(beta, frozen(copy), pairing);
            return matching(loss, levels, draws, copy, true);
        }

        @Override
        public Passes passes(GrpoOptions.Batch batch, GrpoOptions.Updates updates, int stochasticSteps) {
            return PreferenceChoice.passes(batch, updates, batch.groupSize() / 2 * 2, draws);
        }
    }
}
