package dev.sluice.rewards.internal.artifact;

import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;

/**
 * What clean pictures consist of, and how far another picture's parts are from it. Nothing that was spoilt is looked at, so that this
 * finds flaws of kinds that nobody thought of.
 *
 * <p>Source: PatchCore (Roth et al. 2021, arXiv:2106.08265), with colours and flat regions in place of a network's features.
 *
 * @param colours red, green and blue, 0 to 255
 * @param regions numbers of {@link Regions}
 */
public record CleanParts(Examples colours, Examples regions) {
    /** How many numbers tell how strange a picture is. */
    static final int NUMBERS = 8;

    /** How many examples of each kind are kept. */
    private static final int MOST = 1500;

    private static final int PIXELS = 1024;
    private static final int PIXELS_EACH = 100;
    private static final int CHOSEN_FROM = 40_000;
    private static final double LEVELS = 25;

    /** Looks at clean pictures. */
    public static CleanParts of(List<Media> clean, long seed) {
        List<float[]> colours = new ArrayList<>();
        List<float[]> regions = new ArrayList<>();
        Random random = new Random(seed);
        for (Media picture : clean) {
            List<float[]> own = colours(picture, 0);
            Collections.shuffle(own, random);
            colours.addAll(own.subList(0, Math.min(PIXELS_EACH, own.size())));
            regions.addAll(Regions.of(picture, 0));
        }
        if (regions.isEmpty()) {
            regions.add(new float[Regions.NUMBERS]);
        }
        return new CleanParts(some(colours, seed, random), some(regions, seed, random));
    }

    private static Examples some(List<float[]> all, long seed, Random random) {
        Collections.shuffle(all, random);
        return Examples.of(all.subList(0, Math.min(CHOSEN_FROM, all.size())), MOST, seed);
    }

    /** Returns the colours of pixels, spread over the picture if it has many. */
    private static List<float[]> colours(Media media, int frame) {
        int area = media.height() * media.width();
        int count = Math.min(area, PIXELS);
        List<float[]> colours = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = 3 * (frame * area + (int) ((long) i * area / count));
            colours.add(new float[] {media.rgb()[at] & 0xFF, media.rgb()[at + 1] & 0xFF, media.rgb()[at + 2] & 0xFF});
        }
        return colours;
    }

    /** Returns how unlike clean ones the colours and the regions of a frame are, and how many regions there are. */
    public double[] strangeness(Media media, int frame) {
        List<float[]> parts = Regions.of(media, frame);
        return DoubleStream.concat(
                        DoubleStream.concat(far(colours, colours(media, frame), LEVELS), far(regions, parts, 1)),
                        DoubleStream.of(Math.log1p(parts.size()), 5 * Regions.share(parts, media)))
                .toArray();
    }

    /** Returns the mean, the ninth tenth and the most of the distances, as roots. */
    private static DoubleStream far(Examples known, List<float[]> points, double unit) {
        if (points.isEmpty()) {
            return DoubleStream.of(0, 0, 0);
        }
        double[] distances =
                points.stream().mapToDouble(known::distance).sorted().toArray();
        double mean = Arrays.stream(distances).average().orElseThrow();
        return DoubleStream.of(mean, distances[(int) (0.9 * (distances.length - 1))], distances[distances.length - 1])
                .map(distance -> Math.sqrt(distance / unit));
    }
}
