package dev.sluice.rewards.internal.motion;

import dev.sluice.rewards.internal.Luma;
import dev.sluice.video.Media;

/** How steady the brightness of a video is. */
final class Flicker {
    /** Pixels that are no further apart two frames later are taken for ones that show the same. */
    private static final double SAME = 8;

    private Flicker() {}

    private static void require(Media media, int frames) {
        if (media.frames() < frames) {
            throw new IllegalArgumentException(
                    "flicker needs a video of at least %s frames, but there are %s".formatted(frames, media.frames()));
        }
    }

    /**
     * Returns 1 − mean|difference of neighbours|/255 over all channels: every motion costs, so it is meant for still scenes.
     *
     * <p>Source: VBench (2023), arXiv:2311.17982.
     */
    static double still(Media media) {
        require(media, 2);
        int size = 3 * media.height() * media.width();
        byte[] rgb = media.rgb();
        double sum = 0;
        for (int i = size; i < rgb.length; i++) {
            sum += Math.abs((rgb[i] & 0xFF) - (rgb[i - size] & 0xFF));
        }
        return 1 - sum / (rgb.length - size) / 255;
    }

    /** Returns 1 − v/(v + 2), where v is how far the mean brightness of a frame is from those before and after it. */
    static double global(Media media) {
        require(media, 3);
        double sum = 0;
        for (int t = 1; t + 1 < media.frames(); t++) {
            double around = Luma.of(media, t - 1).mean() + Luma.of(media, t + 1).mean();
            sum += Math.abs(Luma.of(media, t).mean() - around / 2);
        }
        return score(sum / (media.frames() - 2));
    }

    /**
     * Returns the same with v over single pixels, those that show before and after a frame what differs by at most 8: motion costs
     * little. If there are none, all pixels count.
     */
    static double local(Media media) {
        require(media, 3);
        double[] sums = new double[2];
        long[] counts = new long[2];
        Luma before = Luma.of(media, 0);
        Luma here = Luma.of(media, 1);
        for (int t = 1; t + 1 < media.frames(); t++) {
            Luma after = Luma.of(media, t + 1);
            for (int i = 0; i < here.values().length; i++) {
                double first = before.values()[i];
                double last = after.values()[i];
                double off = Math.abs(here.values()[i] - (first + last) / 2);
                int kind = Math.abs(last - first) <= SAME ? 0 : 1;
                sums[kind] += off;
                counts[kind]++;
            }
            before = here;
            here = after;
        }
        return score(counts[0] > 0 ? sums[0] / counts[0] : sums[1] / counts[1]);
    }

    private static double score(double deviation) {
        return 1 - deviation / (deviation + 2);
    }
}
