package dev.sluice.rewards.internal.detect;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Offers GenEval's verdict on the boxes that a sample's metadata lists. */
public final class GenEvalReward implements ParsedProvider {
    private static final Map<String, ToDoubleFunction<GenEval>> MODES = Map.of(
            "graded01", GenEval::graded01,
            "official", verdict -> verdict.official() ? 1 : 0,
            "strict", verdict -> verdict.strict() ? 1 : 0);

    @Override
    public String name() {
        return "geneval";
    }

    @Override
    public RewardFacts facts() {
        return new RewardFacts(0, 1, RewardFacts.Modality.IMAGE, true, false, true);
    }

    @Override
    public RewardCard card() {
        return new RewardCard(
                "classes, counts, colours and places that the prompt asks for, in a detector's boxes",
                "include and boxes in the metadata",
                "GenEval (2023), arXiv:2310.11513; graded as flow_grpo's reward server, each part cut to [0, 1]");
    }

    @Override
    public Map<String, List<String>> options() {
        return Map.of("mode", List.of("graded01", "official", "strict"));
    }

    @Override
    public Supplier<Reward> prepare(RewardOptions options) {
        ToDoubleFunction<GenEval> mode = MODES.get(options.word("mode", "graded01"));
        return () -> Reward.each(sample -> {
            if (!sample.media().isImage()) {
                throw new IllegalArgumentException("a video of %s frames is no image"
                        .formatted(sample.media().frames()));
            }
            return mode.applyAsDouble(GenEval.of(sample.metadata(), sample.media()));
        });
    }
}
