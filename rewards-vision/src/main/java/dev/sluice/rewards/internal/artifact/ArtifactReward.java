package dev.sluice.rewards.internal.artifact;

import dev.sluice.rewards.ArtifactMeasures;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import dev.sluice.rewards.internal.Stills;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * How clean a picture is, in [0, 1]: the mean of the scores of {@link ArtifactMeasures}, the worst of them, or one. Of a video it is
 * the mean over frames.
 *
 * @param of what is made of the scores
 * @param period of the blocks
 * @param usualClipped the share of black and white pixels that clean pictures have
 */
record ArtifactReward(ToDoubleFunction<Map<String, Double>> of, int period, double usualClipped) {
    private static final int MOST_FRAMES = 8;
    private static final String SOURCE = "classical measures without weights";

    double score(Sample sample) {
        Media media = sample.media();
        int[] frames = Stills.spread(media, MOST_FRAMES);
        double sum = 0;
        for (int frame : frames) {
            sum += of.applyAsDouble(ArtifactMeasures.of(media, frame, period).scores(usualClipped));
        }
        return sum / frames.length;
    }

    private static ToDoubleFunction<Map<String, Double>> measure(String word) {
        return switch (word) {
            case "mean" ->
                scores -> scores.values().stream()
                        .mapToDouble(Double::doubleValue)
                        .average()
                        .orElseThrow();
            case "worst" ->
                scores -> scores.values().stream()
                        .mapToDouble(Double::doubleValue)
                        .min()
                        .orElseThrow();
            default -> scores -> scores.get(word);
        };
    }

    private static ArtifactReward of(RewardOptions options) {
        return new ArtifactReward(
                measure(options.word("measure", "mean")),
                options.whole("period", ArtifactMeasures.PERIOD, 2, 1024),
                options.number("usualClipped", 0, 0, 1));
    }

    private static List<String> measures() {
        List<String> words = new ArrayList<>(List.of("mean", "worst"));
        words.addAll(ArtifactMeasures.NAMES);
        return words;
    }

    /** Offers the score. */
    public static final class Clean implements ParsedProvider {
        @Override
        public String name() {
            return "artifacts";
        }

        @Override
        public RewardFacts facts() {
            return new RewardFacts(0, 1, RewardFacts.Modality.BOTH, false, false, true);
        }

        @Override
        public RewardCard card() {
            return new RewardCard(
                    "how free of blocks, blur, noise, ringing, grids, oversaturation and blown-out light it is",
                    "",
                    SOURCE);
        }

        @Override
        public Map<String, List<String>> options() {
            return Map.of("measure", measures(), "period", List.of(), "usualClipped", List.of());
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            ArtifactReward clean = of(options);
            return () -> Reward.each(clean::score);
        }
    }

    /** Offers the penalty max(0, θ − score)/θ as a reward from −1 to 0: it leaves pictures alone that are clean enough. */
    public static final class Penalty implements ParsedProvider {
        private static final double FLOOR = 0.8;

        @Override
        public String name() {
            return "artifact-penalty";
        }

        @Override
        public RewardFacts facts() {
            return new RewardFacts(-1, 0, RewardFacts.Modality.BOTH, false, false, true);
        }

        @Override
        public RewardCard card() {
            return new RewardCard("0 if it is clean enough, down to -1 for the worst artifacts", "", SOURCE);
        }

        @Override
        public Map<String, List<String>> options() {
            return Map.of("measure", measures(), "period", List.of(), "usualClipped", List.of(), "floor", List.of());
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            ArtifactReward clean = of(options);
            double floor = options.number("floor", FLOOR, 0.01, 1);
            return () -> Reward.each(sample -> Math.min(0, clean.score(sample) - floor) / floor);
        }
    }
}
