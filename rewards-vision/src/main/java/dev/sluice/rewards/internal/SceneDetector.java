package dev.sluice.rewards.internal;

import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.SceneDetection;
import dev.sluice.rewards.SceneObject;
import dev.sluice.rewards.SceneShape;
import dev.sluice.video.Media;
import dev.sluice.video.Pixels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import net.imglib2.Cursor;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import net.imglib2.view.Views;

/**
 * Finds the objects of the scenes world in pixels.
 *
 * <ol>
 *   <li>The background is the median of the border; it must be dark.
 *   <li>What is farther than 60 from it (Euclidean, 8-bit RGB) is foreground. Each foreground pixel gets the palette colour
 *       whose difference from the background has the most similar direction: that does not depend on shade or on how much
 *       of the pixel is covered. 8-connected pixels of one colour are a patch; patches below 12 pixels join the patch they
 *       touch, or are speckles.
 *   <li>A patch's colour is the mean of its half that is farthest from the background; it must be near a shade of one
 *       palette colour and of no other.
 *   <li>A patch's shape: the coverage of its pixels follows from colour and background; from its sum and its middle follow
 *       the size and the place that each shape would have; that shape is drawn, and the soft intersection over union must
 *       be large, and larger than of any other shape.
 * </ol>
 * A patch that fails is reported with the reason and is no object. Where such patches cover more than a quarter of the
 * picture nothing counts: among many smears one has the outline of an object by chance. Compared with templates of a fixed size that patches are
 * stretched to, drawing the shape in place costs little and tells small circles from squares.
 */
public final class SceneDetector {
    private static final double FOREGROUND = 60;
    private static final int LEAST_AREA = 12;
    private static final int SPECKLES = 24;
    private static final double CLUTTER = 0.25;
    private static final double DARK = 90;
    private static final double COLOR_DISTANCE = 60;
    private static final double COLOR_MARGIN = 40;
    /** Rendered shades are 0.85 to 1; blur takes some of a star's. What is half opaque has about 0.55. */
    private static final double DARKEST_SHADE = 0.7;

    private static final double BRIGHTEST_SHADE = 1.12;
    private static final double FIT = 0.75;
    private static final double FIT_LEAD = 0.03;
    /** All shapes are as wide as high (standard deviations, any axis), streaks are not. */
    private static final double ELONGATION = 1.35;

    private static final double LEAST_RADIUS = 3.2;
    private static final double MOST_RADIUS = 8.5;

    private final int width;
    private final int height;
    /** Difference from the background, three values for each pixel. */
    private final double[] rgb;

    private final double[] background = new double[3];

    private SceneDetector(Media media) {
        width = media.width();
        height = media.height();
        rgb = new double[3 * width * height];
        Cursor<UnsignedByteType> cursor =
                Views.flatIterable(Views.hyperSlice(Pixels.view(media), 3, 0)).cursor();
        for (int i = 0; cursor.hasNext(); i++) {
            rgb[i] = cursor.next().get();
        }
        for (int c = 0; c < 3; c++) {
            background[c] = borderMedian(c);
        }
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] -= background[i % 3];
        }
    }

    /** Returns what is in the first frame of a picture, best fit first, patches that are no objects last. */
    public static List<SceneDetection> detect(Media media) {
        return new SceneDetector(media).detect();
    }

    private List<SceneDetection> detect() {
        if (Math.max(background[0], Math.max(background[1], background[2])) > DARK) {
            return List.of(doubt(0, "the background is not dark"));
        }
        int[] labels = Patches.joinSmall(labels(), width, LEAST_AREA);
        List<SceneDetection> found = new ArrayList<>();
        int speckles = 0;
        int unclear = 0;
        for (List<Integer> patch : Patches.of(labels, width)) {
            if (patch.size() < LEAST_AREA) {
                speckles += patch.size();
            } else {
                SceneDetection detection = judge(patch, labels);
                unclear += detection.object().isEmpty() ? patch.size() : 0;
                found.add(detection);
            }
        }
        if (speckles >= SPECKLES) {
            found.add(doubt(0, speckles + " pixels of speckles"));
        }
        if (unclear > CLUTTER * width * height) {
            return List.of(doubt(0, "patches of no object on %s of %s pixels".formatted(unclear, width * height)));
        }
        found.sort(Comparator.comparing((SceneDetection d) -> d.object().isEmpty())
                .thenComparing(Comparator.comparingDouble(SceneDetection::fit).reversed()));
        return List.copyOf(found);
    }

    private double borderMedian(int c) {
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < width * height; i++) {
            int x = i % width;
            int y = i / width;
            if (x == 0 || y == 0 || x == width - 1 || y == height - 1) {
                values.add(rgb[3 * i + c]);
            }
        }
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    private double[] pixel(int at) {
        return Arrays.copyOfRange(rgb, 3 * at, 3 * at + 3);
    }

    private int[] labels() {
        SceneColor[] colors = SceneColor.values();
        int[] labels = new int[width * height];
        for (int i = 0; i < labels.length; i++) {
            double[] p = pixel(i);
            double best = Double.NEGATIVE_INFINITY;
            labels[i] = Patches.NONE;
            for (int k = 0; norm(p) > FOREGROUND && k < colors.length; k++) {
                double[] direction = difference(colors[k]);
                double cosine = dot(p, direction) / norm(direction);
                if (cosine > best) {
                    best = cosine;
                    labels[i] = k;
                }
            }
        }
        return labels;
    }

    private double[] difference(SceneColor color) {
        return new double[] {
            color.value(0) - background[0], color.value(1) - background[1], color.value(2) - background[2]
        };
    }

    private SceneDetection judge(List<Integer> patch, int[] labels) {
        double[] core = core(patch);
        ColorMatch color = color(core);
        if (color.distance > COLOR_DISTANCE || color.margin < COLOR_MARGIN) {
            return doubt(0, describe(patch) + " of no palette colour");
        }
        if (!(color.shade >= DARKEST_SHADE && color.shade <= BRIGHTEST_SHADE)) {
            return doubt(0, describe(patch) + " that is too dark or too bright");
        }
        double[] mask = mask(patch, labels, core);
        if (ShapeFit.elongation(mask, width) > ELONGATION) {
            return doubt(0, describe(patch) + " that is longer than any shape");
        }
        SceneObject best = null;
        double fit = 0;
        double second = 0;
        for (SceneShape shape : SceneShape.values()) {
            SceneObject candidate = ShapeFit.place(shape, color.color, color.shade, mask, width);
            double overlap = ShapeFit.overlap(candidate, mask, width);
            if (overlap > fit) {
                second = fit;
                fit = overlap;
                best = candidate;
            } else {
                second = Math.max(second, overlap);
            }
        }
        if (best == null || fit < FIT || fit - second < FIT_LEAD) {
            return doubt(fit, describe(patch) + " of no clear shape");
        }
        if (!(best.radius() >= LEAST_RADIUS && best.radius() <= MOST_RADIUS)) {
            return doubt(fit, describe(patch) + " of the wrong size");
        }
        return new SceneDetection(Optional.of(best), fit, "");
    }

    private static SceneDetection doubt(double fit, String why) {
        return new SceneDetection(Optional.empty(), fit, why);
    }

    private String describe(List<Integer> patch) {
        double x = patch.stream().mapToInt(at -> at % width).average().orElse(0) + 0.5;
        double y = patch.stream().mapToInt(at -> at / width).average().orElse(0) + 0.5;
        return String.format(Locale.ROOT, "a patch of %s pixels at (%.1f, %.1f)", patch.size(), x, y);
    }

    /** Returns the mean of the half that is farthest from the background, as a difference from it. */
    private double[] core(List<Integer> patch) {
        List<Integer> sorted = new ArrayList<>(patch);
        sorted.sort(Comparator.comparingDouble(at -> -norm(pixel(at))));
        double[] mean = new double[3];
        int half = (sorted.size() + 1) / 2;
        for (int at : sorted.subList(0, half)) {
            for (int c = 0; c < 3; c++) {
                mean[c] += rgb[3 * at + c] / half;
            }
        }
        return mean;
    }

    private record ColorMatch(SceneColor color, double shade, double distance, double margin) {}

    /** Compares with the nearest shade of every palette colour, by the sum of absolute differences. */
    private ColorMatch color(double[] core) {
        ColorMatch best = new ColorMatch(null, 0, Double.POSITIVE_INFINITY, 0);
        double second = Double.POSITIVE_INFINITY;
        for (SceneColor color : SceneColor.values()) {
            double[] full = {color.value(0), color.value(1), color.value(2)};
            double[] seen = {core[0] + background[0], core[1] + background[1], core[2] + background[2]};
            double measured = dot(seen, full) / dot(full, full);
            double shade = Math.max(DARKEST_SHADE, Math.min(BRIGHTEST_SHADE, measured));
            double distance = 0;
            for (int c = 0; c < 3; c++) {
                distance += Math.abs(seen[c] - shade * full[c]);
            }
            if (distance < best.distance) {
                second = best.distance;
                best = new ColorMatch(color, measured, distance, 0);
            } else {
                second = Math.min(second, distance);
            }
        }
        return new ColorMatch(best.color, best.shade, best.distance, second - best.distance);
    }

    /** Returns how much of each pixel the patch covers, in [0, 1]; other patches and what is farther than a pixel are 0. */
    private double[] mask(List<Integer> patch, int[] labels, double[] core) {
        double[] mask = new double[width * height];
        boolean[] own = new boolean[mask.length];
        patch.forEach(at -> own[at] = true);
        for (int at : patch) {
            for (int dy = -1; dy <= 1; dy++) {
                for (int dx = -1; dx <= 1; dx++) {
                    int x = at % width + dx;
                    int y = at / width + dy;
                    int near = y * width + x;
                    if (x >= 0 && y >= 0 && x < width && y < height && (own[near] || labels[near] == Patches.NONE)) {
                        mask[near] = Math.max(0, Math.min(1, dot(pixel(near), core) / dot(core, core)));
                    }
                }
            }
        }
        return mask;
    }

    private static double dot(double[] a, double[] b) {
        return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    }

    private static double norm(double[] a) {
        return Math.sqrt(dot(a, a));
    }
}
