package dev.sluice.rewards;

import dev.sluice.rewards.internal.Luma;
import dev.sluice.rewards.internal.motion.Stillness;
import dev.sluice.video.Media;
import java.util.List;

/**
 * What is wrong with a video before its content is looked at.
 *
 * @param frozenShare the share of neighbouring frames that show the same, 0 to 1
 * @param longestFreeze frames in the longest run of them, over all frames
 * @param stalled whether it stands still for half a second or longer; false if its speed is not known
 * @param black whether nine frames of ten are black
 * @param looping whether what it shows comes back after a quarter to half of its length
 * @param cuts frames that are the first of another shot
 */
public record VideoFaults(
        double frozenShare, double longestFreeze, boolean stalled, boolean black, boolean looping, List<Integer> cuts) {
    private static final double FROZEN = 0.9;
    private static final double FREE = 0.2;

    public VideoFaults {
        cuts = List.copyOf(cuts);
    }

    /**
     * Looks at a video.
     *
     * @throws IllegalArgumentException if it has one frame only
     */
    public static VideoFaults of(Media media) {
        if (media.frames() < 2) {
            throw new IllegalArgumentException("an image cannot freeze; a video of at least 2 frames is needed");
        }
        Luma[] frames = Luma.frames(media);
        Stillness stillness = Stillness.of(frames);
        double longest = stillness.longest();
        boolean stalled = media.framesPerSecond() > 0 && longest >= media.framesPerSecond() / 2;
        return new VideoFaults(
                stillness.share(),
                longest / media.frames(),
                stalled,
                Stillness.black(frames),
                stillness.share() < FROZEN && Stillness.looping(frames),
                cuts(media));
    }

    /** Returns the frames that differ so much from the one before, in place and in brightness, that they are another shot. */
    public static List<Integer> cuts(Media media) {
        return Stillness.cuts(Luma.frames(media));
    }

    /** Returns whether nearly nothing moves. */
    public boolean frozen() {
        return frozenShare >= FROZEN;
    }

    /** Returns what a score is worth that a still video would get for nothing: 1 up to a fifth of frozen frames, 0 if all are. */
    public double factor() {
        return 1 - Math.max(0, (frozenShare - FREE) / (1 - FREE));
    }
}
