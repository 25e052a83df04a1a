package dev.sluice.cli;

import dev.sluice.rewards.BiasTrait;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Scores;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Rewards that need nothing but pixels. */
public final class TestRewards {
    private TestRewards() {}

    private static double redness(Media media) {
        double sum = 0;
        for (int i = 0; i < media.rgb().length; i += 3) {
            sum += (media.rgb()[i] & 0xFF) - (media.rgb()[i + 2] & 0xFF);
        }
        return sum / media.rgb().length;
    }

    /** More red than blue. */
    public static final class Red implements RewardProvider {
        @Override
        public String name() {
            return "red";
        }

        @Override
        public Reward open() {
            return samples -> Scores.of(samples.stream()
                    .mapToDouble(sample -> redness(sample.media()))
                    .toArray());
        }
    }

    /** The mean brightness, which a probe must find. */
    public static final class Bright implements RewardProvider {
        @Override
        public String name() {
            return "bright";
        }

        @Override
        public Reward open() {
            return Reward.each(BiasTrait.MEAN_LUMA::of);
        }
    }

    /** Never a number. */
    public static final class Broken implements RewardProvider {
        @Override
        public String name() {
            return "broken";
        }

        @Override
        public Reward open() {
            return samples ->
                    Scores.of(samples.stream().mapToDouble(sample -> Double.NaN).toArray());
        }
    }

    /** The same for all samples of a call, and more, or less, in each call than in the one before. */
    public static final class Calls implements RewardProvider {
        @Override
        public String name() {
            return "calls";
        }

        @Override
        public Map<String, List<String>> options() {
            return Map.of("by", List.of());
        }

        @Override
        public Reward open() {
            return openChecked(Map.of("by", 1));
        }

        @Override
        public Reward openChecked(Map<String, Object> options) {
            double by = Double.parseDouble(options.get("by").toString());
            AtomicInteger calls = new AtomicInteger();
            return samples -> {
                double[] scores = new double[samples.size()];
                Arrays.fill(scores, by * calls.incrementAndGet());
                return Scores.of(scores);
            };
        }
    }
}
