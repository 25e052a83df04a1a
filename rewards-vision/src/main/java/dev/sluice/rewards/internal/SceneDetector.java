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
    /** Of each pixel from the background. */
    private final double[] distances;

    private SceneDetector(Media media) {
        width = media.width();
        height = media.height();
        rgb = new double[3 * width * height];
        Cursor<UnsignedByteType> cursor = Pixels.view(media).cursor();
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = cursor.next().get();
        }
        for (int c = 0; c < 3; c++) {
            background[c] = borderMedian(c);
        }
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] -= background[i % 3];
        }
        distances = new double[width * height];
        for (int i = 0; i < distances.length; i++) {
            distances[i] = Math.sqrt(
                    rgb[3 * i] * rgb[3 * i] + rgb[3 * i + 1] * rgb[3 * i + 1] + rgb[3 * i + 2] * rgb[3 * i + 2]);
        }
    }

    /** Returns what is in the first frame of a picture, best fit first, patches that are no objects last. */
    public static List<SceneDetection> detect(Media media) {
        return new SceneDetector(media).detect();
    }

    /**
     * What is measured of a patch, before anything is decided.
     *
     * @param placed for each shape, in the order of {@link SceneShape}, the object it would be
     * @param fits how well each of these fits, soft intersection over union in [0, 1]
     * @param distances for each colour, in the order of {@link SceneColor}, how far the patch's is from it, at least 0
     */
    record Measured(List<SceneObject> placed, double[] fits, double[] distances) {}

    /** Returns what is measured of every patch that is no speckle; nothing where the background is not dark. */
    static List<Measured> measure(Media media) {
        return new SceneDetector(media).measure();
    }

    private List<Measured> measure() {
        if (brightBackground()) {
            return List.of();
        }
        int[] labels = Patches.joinSmall(labels(), width, LEAST_AREA);
        List<Measured> all = new ArrayList<>();
        for (int[] patch : Patches.of(labels, width)) {
            if (patch.length >= LEAST_AREA) {
                double[] core = core(patch);
                ColorMatch color = color(core);
                ShapeFit shapes = new ShapeFit(mask(patch, labels, core), width);
                List<SceneObject> placed = Arrays.stream(SceneShape.values())
                        .map(shape -> shapes.place(shape, color.color, color.shade))
                        .toList();
                all.add(new Measured(
                        placed,
                        placed.stream().mapToDouble(shapes::overlap).toArray(),
                        Arrays.stream(SceneColor.values())
                                .mapToDouble(each -> distance(each, core, shade(each, core)))
                                .toArray()));
            }
        }
        return all;
    }

    private boolean brightBackground() {
        return Math.max(background[0], Math.max(background[1], background[2])) > DARK;
    }

    private List<SceneDetection> detect() {
        if (brightBackground()) {
            return List.of(doubt(0, "the background is not dark"));
        }
        int[] labels = Patches.joinSmall(labels(), width, LEAST_AREA);
        List<SceneDetection> found = new ArrayList<>();
        int speckles = 0;
        int unclear = 0;
        for (int[] patch : Patches.of(labels, width)) {
            if (patch.length < LEAST_AREA) {
                speckles += patch.length;
            } else {
                SceneDetection detection = judge(patch, labels);
                unclear += detection.object().isEmpty() ? patch.length : 0;
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
        double[] values = new double[2 * (width + height) - 4];
        int n = 0;
        for (int x = 0; x < width; x++) {
            values[n++] = rgb[3 * x + c];
            values[n++] = rgb[3 * ((height - 1) * width + x) + c];
        }
        for (int y = 1; y < height - 1; y++) {
            values[n++] = rgb[3 * y * width + c];
            values[n++] = rgb[3 * (y * width + width - 1) + c];
        }
        Arrays.sort(values, 0, n);
        return (values[(n - 1) / 2] + values[n / 2]) / 2;
    }

    private int[] labels() {
        SceneColor[] colors = SceneColor.values();
        double[][] directions = Arrays.stream(colors).map(this::difference).toArray(double[][]::new);
        double[] lengths =
                Arrays.stream(directions).mapToDouble(SceneDetector::norm).toArray();
        int[] labels = new int[width * height];
        for (int i = 0; i < labels.length; i++) {
            double best = Double.NEGATIVE_INFINITY;
            labels[i] = Patches.NONE;
            for (int k = 0; distances[i] > FOREGROUND && k < colors.length; k++) {
                double cosine = along(i, directions[k]) / lengths[k];
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

    private SceneDetection judge(int[] patch, int[] labels) {
        double[] core = core(patch);
        ColorMatch color = color(core);
        if (color.distance > COLOR_DISTANCE || color.margin < COLOR_MARGIN) {
            return doubt(0, describe(patch) + " of no palette colour");
        }
        if (!(color.shade >= DARKEST_SHADE && color.shade <= BRIGHTEST_SHADE)) {
            return doubt(0, describe(patch) + " that is too dark or too bright");
        }
        ShapeFit shapes = new ShapeFit(mask(patch, labels, core), width);
        if (shapes.elongation() > ELONGATION) {
            return doubt(0, describe(patch) + " that is longer than any shape");
        }
        SceneObject best = null;
        double fit = 0;
        double second = 0;
        for (SceneShape shape : SceneShape.values()) {
            SceneObject candidate = shapes.place(shape, color.color, color.shade);
            double overlap = shapes.overlap(candidate);
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

    private String describe(int[] patch) {
        double x = Arrays.stream(patch).map(at -> at % width).average().orElse(0) + 0.5;
        double y = Arrays.stream(patch).map(at -> at / width).average().orElse(0) + 0.5;
        return String.format(Locale.ROOT, "a patch of %s pixels at (%.1f, %.1f)", patch.length, x, y);
    }

    /** Returns the mean of the half that is farthest from the background, as a difference from it. */
    private double[] core(int[] patch) {
        Integer[] sorted = Arrays.stream(patch).boxed().toArray(Integer[]::new);
        Arrays.sort(sorted, (a, b) -> Double.compare(distances[b], distances[a]));
        double[] mean = new double[3];
        int half = (sorted.length + 1) / 2;
        for (int i = 0; i < half; i++) {
            int at = sorted[i];
            for (int c = 0; c < 3; c++) {
                mean[c] += rgb[3 * at + c] / half;
            }
        }
        return mean;
    }

    private record ColorMatch(SceneColor color, double shade, double distance, double margin) {}

    /** Returns the nearest palette colour. */
    private ColorMatch color(double[] core) {
        ColorMatch best = new ColorMatch(null, 0, Double.POSITIVE_INFINITY, 0);
        double second = Double.POSITIVE_INFINITY;
        for (SceneColor color : SceneColor.values()) {
            double measured = shade(color, core);
            double distance = distance(color, core, measured);
            if (distance < best.distance) {
                second = best.distance;
                best = new ColorMatch(color, measured, distance, 0);
            } else {
                second = Math.min(second, distance);
            }
        }
        return new ColorMatch(best.color, best.shade, best.distance, second - best.distance);
    }

    /** Returns the shade at which a colour comes nearest to what is seen. */
    private double shade(SceneColor color, double[] core) {
        double product = 0;
        double square = 0;
        for (int c = 0; c < 3; c++) {
            double full = color.value(c);
            product += (core[c] + background[c]) * full;
            square += full * full;
        }
        return product / square;
    }

    /** Compares with the nearest allowed shade of a colour, by the sum of absolute differences. */
    private double distance(SceneColor color, double[] core, double measured) {
        double shade = Math.max(DARKEST_SHADE, Math.min(BRIGHTEST_SHADE, measured));
        double distance = 0;
        for (int c = 0; c < 3; c++) {
            distance += Math.abs(core[c] + background[c] - shade * color.value(c));
        }
        return distance;
    }

    /** Returns how much of each pixel the patch covers, in [0, 1]; other patches and what is farther than a pixel are 0. */
    private double[] mask(int[] patch, int[] labels, double[] core) {
        double[] mask = new double[width * height];
        boolean[] seen = new boolean[mask.length];
        for (int at : patch) {
            seen[at] = true;
        }
        double whole = dot(core, core);
        int[] near = new int[8];
        for (int at : patch) {
            mask[at] = share(at, core, whole);
            int count = Patches.neighbours(at, width, mask.length, near);
            for (int k = 0; k < count; k++) {
                if (!seen[near[k]] && labels[near[k]] == Patches.NONE) {
                    seen[near[k]] = true;
                    mask[near[k]] = share(near[k], core, whole);
                }
            }
        }
        return mask;
    }

    private double share(int at, double[] core, double whole) {
        return Math.max(0, Math.min(1, along(at, core) / whole));
    }

    private double along(int at, double[] direction) {
        return rgb[3 * at] * direction[0] + rgb[3 * at + 1] * direction[1] + rgb[3 * at + 2] * direction[2];
    }

    private static double dot(double[] a, double[] b) {
        return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    }

    private static double norm(double[] a) {
        return Math.sqrt(dot(a, a));
    }
}
