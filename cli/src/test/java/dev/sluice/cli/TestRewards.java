package dev.sluice.cli;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Scores;
import dev.sluice.video.Media;

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
}
