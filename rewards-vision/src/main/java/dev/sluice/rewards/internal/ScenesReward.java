package dev.sluice.rewards.internal;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.SceneVerdict;
import dev.sluice.rewards.ScenesVerifier;
import dev.sluice.video.Media;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;

/**
 * The verdict of the scenes verifier, in [0, 1]. The metadata of a sample says what its prompt asks for; a sample
 * without them has a prompt of the scenes world, which is known by its words. What is none of that world has no score.
 */
final class ScenesReward {
    private static final RewardFacts FACTS = new RewardFacts(0, 1, RewardFacts.Modality.IMAGE, true, false, true);
    private static final Map<String, ToDoubleBiFunction<ScenePrompt, Media>> MODES = new TreeMap<>(Map.of(
            "closeness",
            ScenesVerifier::closeness,
            "graded",
            verdict(SceneVerdict::graded),
            "graded01",
            verdict(SceneVerdict::graded01),
            "official",
            verdict(verdict -> verdict.official() ? 1 : 0),
            "strict",
            verdict(verdict -> verdict.strict() ? 1 : 0)));

    private static final String NEEDS = "one of the scenes world, or metadata";
    private static final String SOURCE = "GenEval (2023), arXiv:2310.11513, with a verifier of its own";

    private static ToDoubleBiFunction<ScenePrompt, Media> verdict(ToDoubleFunction<SceneVerdict> part) {
        return (prompt, picture) -> part.applyAsDouble(ScenesVerifier.judge(prompt, picture));
    }

    private ScenesReward() {}

    private static Reward of(Object mode) {
        ToDoubleBiFunction<ScenePrompt, Media> score = MODES.get(mode);
        return Reward.each(
                sample -> score.applyAsDouble(SceneMetadata.find(sample.prompt(), sample.metadata()), sample.media()));
    }

    /** Offers the graded verdict and, by its mode, the other scores; {@code closeness} is what training learns most from. */
    public static final class Graded implements RewardProvider {
        @Override
        public String name() {
            return "scenes";
        }

        @Override
        public RewardFacts facts() {
            return FACTS;
        }

        @Override
        public RewardCard card() {
            return new RewardCard("shapes, colours, counts and places that the prompt asks for", NEEDS, SOURCE);
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

    /** Offers the strict verdict, 1 if everything is right and nothing else is there, else 0: what evaluation reports. */
    public static final class Strict implements RewardProvider {
        @Override
        public String name() {
            return "scenes-strict";
        }

        @Override
        public RewardFacts facts() {
            return FACTS;
        }

        @Override
        public RewardCard card() {
            return new RewardCard("1 if all is right and nothing else is in the picture, else 0", NEEDS, SOURCE);
        }

        @Override
        public Reward open() {
            return of("strict");
        }
    }
}
