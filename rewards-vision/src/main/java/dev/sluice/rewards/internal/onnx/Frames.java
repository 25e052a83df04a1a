package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.internal.RewardOptions;
import dev.sluice.rewards.internal.Stills;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Which frames of a video a reward of pictures looks at, and what their scores make together.
 *
 * @param most so many frames, spread evenly from the first to the last; all of a shorter video
 * @param aggregate what their scores make together
 */
record Frames(int most, Aggregate aggregate) {
    private static final int USUAL = 8;
    private static final int GREATEST = 4096;

    /** What the scores of frames make together. */
    enum Aggregate {
        /** Their mean. */
        MEAN,
        /** The least of them: one bad frame is seen. */
        MIN,
        /** That of the last frame, for a goal that is to be reached. */
        LAST
    }

    static Map<String, List<String>> options() {
        return Map.of("frames", List.of(), "aggregate", List.of("mean", "min", "last"));
    }

    static Frames read(RewardOptions options) {
        Aggregate aggregate = switch (options.word("aggregate", "mean")) {
            case "min" -> Aggregate.MIN;
            case "last" -> Aggregate.LAST;
            default -> Aggregate.MEAN;
        };
        return new Frames(options.whole("frames", USUAL, 1, GREATEST), aggregate);
    }

    /** Returns the frames to look at; of an image, it. */
    int[] of(Media media) {
        return aggregate == Aggregate.LAST ? new int[] {media.frames() - 1} : Stills.spread(media, most);
    }

    /** Returns the score of a video, from those of its frames. */
    double joined(double[] scores) {
        return aggregate == Aggregate.MIN
                ? Arrays.stream(scores).min().orElseThrow()
                : Arrays.stream(scores).average().orElseThrow();
    }
}
