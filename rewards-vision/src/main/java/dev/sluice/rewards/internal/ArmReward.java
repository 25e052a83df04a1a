package dev.sluice.rewards.internal;

import dev.sluice.rewards.ArmJudge;
import dev.sluice.rewards.ArmPrompt;
import dev.sluice.rewards.ArmVerdict;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardProvider;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * The verdict of the arm's exact judge, in [0, 1]. The metadata of a sample says what its prompt asks for; a sample whose metadata or
 * video is none of the arm world has no score.
 */
final class ArmReward {
    private static final RewardFacts FACTS = new RewardFacts(0, 1, RewardFacts.Modality.VIDEO, true, false, true);
    private static final String NEEDS = "the metadata of a prompt of the world arm; 32×32 pixels";
    private static final Map<String, ToDoubleFunction<ArmVerdict>> MODES = new TreeMap<>(Map.of(
            "arrived",
            verdict -> verdict.arrived() ? 1 : 0,
            "graded",
            ArmVerdict::graded,
            "strict",
            verdict -> verdict.executable() ? 1 : 0,
            "visual",
            ArmVerdict::visual));

    private ArmReward() {}

    private static Reward of(Object mode) {
        ToDoubleFunction<ArmVerdict> score = MODES.get(mode);
        return Reward.each(sample ->
                score.applyAsDouble(ArmJudge.judge(ArmPrompt.of(sample.prompt(), sample.metadata()), sample.media())));
    }

    /** Offers the graded verdict and, by its mode, the others. */
    public static final class Graded implements RewardProvider {
        @Override
        public String name() {
            return "arm";
        }

        @Override
        public RewardFacts facts() {
            return FACTS;
        }

        @Override
        public RewardCard card() {
            return new RewardCard("how well a machine could follow the arm, by an exact fit of its joints", NEEDS, "");
        }

        @Override
        public Map<String, List<String>> options() {
            return Map.of("mode", List.copyOf(MODES.keySet()));
        }

        @Override
        public Reward open() {
            return of("graded");
        }

        @Override
        public Reward openChecked(Map<String, Object> options) {
            return of(options.getOrDefault("mode", "graded"));
        }
    }

    /** Offers the strict verdict, 1 if the motion can be executed, else 0: what evaluation reports. */
    public static final class Strict implements RewardProvider {
        @Override
        public String name() {
            return "arm-strict";
        }

        @Override
        public RewardFacts facts() {
            return FACTS;
        }

        @Override
        public RewardCard card() {
            return new RewardCard("1 if a machine could do what the video shows, else 0", NEEDS, "");
        }

        @Override
        public Reward open() {
            return of("strict");
        }
    }
}
