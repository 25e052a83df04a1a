package dev.sluice.rewards.internal;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;

/**
 * How many bytes a picture, or a frame of a video, takes as a JPEG of quality 95, headers included: the least reward that tests a trainer whole.
 *
 * <p>Source: Black et al. (2023), arXiv:2305.13301; scale and quality as flow_grpo's code has them.
 *
 * @param perKilobyte the score of 1,000 bytes
 */
record JpegSize(double perKilobyte) implements Reward {
    private static final int QUALITY = 95;
    private static final String SOURCE = "Black et al. (2023), arXiv:2305.13301; flow_grpo";

    @Override
    public Scores score(List<Sample> samples) {
        return Scores.of(
                samples.stream().map(Sample::media).mapToDouble(this::score).toArray());
    }

    /** A video's is the mean over its frames. */
    private double score(Media media) {
        int size = 3 * media.height() * media.width();
        long bytes = 0;
        for (int i = 0; i < media.frames(); i++) {
            byte[] rgb = Arrays.copyOfRange(media.rgb(), i * size, (i + 1) * size);
            bytes += ImageFiles.jpeg(Media.image(media.height(), media.width(), rgb), QUALITY).length;
        }
        return perKilobyte * bytes / (1000.0 * media.frames());
    }

    /** Offers the size in kilobytes: more is better. */
    public static final class Incompressibility implements RewardProvider {
        @Override
        public String name() {
            return "incompressibility";
        }

        @Override
        public RewardFacts facts() {
            return new RewardFacts(0, Double.POSITIVE_INFINITY, RewardFacts.Modality.BOTH, false, false, true);
        }

        @Override
        public RewardCard card() {
            return new RewardCard("kilobytes of the picture as a JPEG of quality 95", "", SOURCE);
        }

        @Override
        public Reward open() {
            return new JpegSize(1);
        }
    }

    /** Offers minus the size over 500 kilobytes: less is better. */
    public static final class Compressibility implements RewardProvider {
        @Override
        public String name() {
            return "compressibility";
        }

        @Override
        public RewardFacts facts() {
            return new RewardFacts(Double.NEGATIVE_INFINITY, 0, RewardFacts.Modality.BOTH, false, false, true);
        }

        @Override
        public RewardCard card() {
            return new RewardCard("minus the same over 500", "", SOURCE);
        }

        @Override
        public Reward open() {
            return new JpegSize(-1 / 500.0);
        }
    }
}
