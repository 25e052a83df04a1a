package dev.sluice.rewards.internal.text;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Whether the text that the prompt quotes stands in the picture, in [0, 1]. Of a video it is the mean over every fourth frame.
 *
 * @param reader reads the pictures
 * @param whole whether all that is read counts, as flow_grpo has it, or the part that fits best
 * @param excess what is taken off for reading far more than was asked for
 */
record OcrReward(TextReader reader, boolean whole, double excess) implements Reward {
    private static final int EVERY = 4;

    @Override
    public Scores score(List<Sample> samples) {
        return Reward.each(this::score).score(samples);
    }

    private double score(Sample sample) {
        List<String> targets = TextMatch.quoted(sample.prompt());
        if (targets.isEmpty()) {
            throw new IllegalArgumentException(
                    "the prompt quotes no text; what should be read must stand in double quotes");
        }
        double sum = 0;
        int frames = 0;
        for (int frame = 0; frame < sample.media().frames(); frame += EVERY) {
            String read = reader.read(sample.media(), frame).stream()
                    .filter(line -> line.confidence() > 0)
                    .map(TextReader.Line::text)
                    .collect(Collectors.joining());
            sum += whole ? TextMatch.whole(read, targets.get(0)) : parts(read, targets);
            frames++;
        }
        return sum / frames;
    }

    private double parts(String read, List<String> targets) {
        double sum = 0;
        for (String target : targets) {
            sum += Math.max(0, TextMatch.part(read, target) - excess * TextMatch.excess(read, target));
        }
        return sum / targets.size();
    }

    @Override
    public void close() {
        reader.close();
    }

    /** Offers the reward. */
    public static final class Provider implements ParsedProvider {
        private static final int SIDE = 736;

        @Override
        public String name() {
            return "ocr";
        }

        @Override
        public RewardFacts facts() {
            return new RewardFacts(0, 1, RewardFacts.Modality.BOTH, true, false, true);
        }

        @Override
        public RewardCard card() {
            return new RewardCard(
                    "whether the text that the prompt quotes stands in the picture",
                    "double quotes in the prompt",
                    "flow_grpo, ocr.py (match: whole); PP-OCRv4 reads");
        }

        @Override
        public Map<String, List<String>> options() {
            return Map.of(
                    "match", List.of("part", "whole"), "excess", List.of(), "side", List.of(), "threads", List.of());
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            boolean whole = options.word("match", "part").equals("whole");
            double excess = options.number("excess", 0, 0, 1);
            int side = options.whole("side", SIDE, 32, 2048);
            int threads = options.whole("threads", 1, 1, 256);
            return () -> new OcrReward(TextReader.open(side, threads), whole, excess);
        }
    }
}
