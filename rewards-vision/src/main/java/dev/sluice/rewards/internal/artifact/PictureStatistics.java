package dev.sluice.rewards.internal.artifact;

import dev.sluice.rewards.internal.Luma;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Numbers that change when a picture is spoilt, whatever it shows: how steep it is and how often, at three sizes, in brightness and
 * colour; how much of it is flat, clipped, saturated, or an isolated dot; and the classical measures.
 */
public final class PictureStatistics {
    private static final double[] STEPS = {1, 4, 15, 40};
    private static final int PERIOD = 8;

    private final List<Double> values = new ArrayList<>();

    private PictureStatistics() {}

    /** Returns the numbers of a frame, always as many. */
    public static double[] of(Media media, int frame) {
        PictureStatistics statistics = new PictureStatistics();
        double[][] planes = planes(media, frame);
        for (int c = 0; c < 3; c++) {
            Luma plane = new Luma(media.height(), media.width(), planes[c]);
            for (int size = 0; size < (c == 0 ? 3 : 2); size++) {
                statistics.addSlopes(plane);
                plane = halved(plane);
            }
        }
        statistics.addBreaks(Luma.of(media, frame));
        statistics.addLevels(media, frame);
        statistics.addMeasures(media, frame);
        return statistics.values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Returns brightness and the two differences of colour that JPEG uses. */
    private static double[][] planes(Media media, int frame) {
        double[] luma = Luma.of(media, frame).values();
        double[] blue = new double[luma.length];
        double[] red = new double[luma.length];
        for (int i = 0; i < luma.length; i++) {
            int y = i / media.width();
            int x = i % media.width();
            blue[i] = 0.564 * (media.value(frame, y, x, 2) - luma[i]);
            red[i] = 0.713 * (media.value(frame, y, x, 0) - luma[i]);
        }
        return new double[][] {luma, blue, red};
    }

    private static Luma halved(Luma plane) {
        int height = Math.max(2, plane.height() / 2);
        int width = Math.max(2, plane.width() / 2);
        double[] values = new double[height * width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                values[y * width + x] = (plane.nearest(2 * y, 2 * x)
                                + plane.nearest(2 * y, 2 * x + 1)
                                + plane.nearest(2 * y + 1, 2 * x)
                                + plane.nearest(2 * y + 1, 2 * x + 1))
                        / 4;
            }
        }
        return new Luma(height, width, values);
    }

    private void addSlopes(Luma plane) {
        double[] shares = new double[STEPS.length + 1];
        double[] curved = new double[STEPS.length + 1];
        double slope = 0;
        double curvature = 0;
        double square = 0;
        double upright = 0;
        double steep = 1e-9;
        int dots = 0;
        int count = 0;
        for (int y = 1; y + 1 < plane.height(); y++) {
            for (int x = 1; x + 1 < plane.width(); x++) {
                double here = plane.at(y, x);
                double dx = Math.abs(plane.at(y, x + 1) - here);
                double dy = Math.abs(plane.at(y + 1, x) - here);
                double second = Math.abs(
                        plane.at(y, x + 1) + plane.at(y, x - 1) + plane.at(y + 1, x) + plane.at(y - 1, x) - 4 * here);
                shares[bin(dx)]++;
                shares[bin(dy)]++;
                curved[bin(second)]++;
                slope += dx + dy;
                curvature += second;
                square += second * second;
                if (dx + dy > 15) {
                    steep++;
                    upright += Math.min(dx, dy) < 0.1 * Math.max(dx, dy) ? 1 : 0;
                }
                dots += dot(plane, y, x) ? 1 : 0;
                count++;
            }
        }
        if (count == 0) {
            count = 1;
        }
        for (int i = 0; i < STEPS.length; i++) {
            values.add(Math.sqrt(shares[i] / (2 * count)));
            values.add(Math.sqrt(curved[i] / count));
        }
        values.add(Math.log(slope / count + 0.1));
        values.add(Math.log(curvature / count + 0.1));
        values.add(Math.log(square / count + 0.1) / 2 - Math.log(curvature / count + 0.1));
        values.add(Math.log(curvature + 0.1) - Math.log(slope + 0.1));
        values.add(upright / steep);
        values.add(Math.sqrt((double) dots / count));
    }

    private static int bin(double value) {
        int bin = 0;
        while (bin < STEPS.length && value >= STEPS[bin]) {
            bin++;
        }
        return bin;
    }

    /** Returns whether a pixel is lighter, or darker, than its four neighbours by more than 2. */
    private static boolean dot(Luma plane, int y, int x) {
        double here = plane.at(y, x);
        double[] around = {plane.at(y - 1, x), plane.at(y + 1, x), plane.at(y, x - 1), plane.at(y, x + 1)};
        Arrays.sort(around);
        return here > around[3] + 2 || here < around[0] - 2;
    }

    /** Adds how often flat meets flat in a single step, or in two equal ones: where a patch was cut out or pasted in. */
    private void addBreaks(Luma luma) {
        int[] counts = new int[2];
        for (int y = 0; y < luma.height(); y++) {
            for (int x = 0; x < luma.width(); x++) {
                count(counts, luma, y, x, 0, 1);
                count(counts, luma, y, x, 1, 0);
            }
        }
        for (int count : counts) {
            values.add(Math.log(1 + count));
        }
    }

    private static void count(int[] counts, Luma luma, int y, int x, int dy, int dx) {
        double[] steps = new double[5];
        for (int k = 0; k < steps.length; k++) {
            steps[k] =
                    luma.nearest(y + (k - 1) * dy, x + (k - 1) * dx) - luma.nearest(y + (k - 2) * dy, x + (k - 2) * dx);
        }
        boolean flat = Math.abs(steps[0]) < 1.5 && Math.abs(steps[4]) < 1.5;
        if (flat && Math.abs(steps[1]) < 1.5 && Math.abs(steps[2]) > 15 && Math.abs(steps[3]) < 1.5) {
            counts[0]++;
        } else if (flat && Math.abs(steps[1]) > 8 && Math.abs(steps[1] - steps[2]) < 1.5 && Math.abs(steps[3]) < 1.5) {
            counts[1]++;
        }
    }

    private void addLevels(Media media, int frame) {
        int[] counts = new int[5];
        double[] sorted = Luma.of(media, frame).values().clone();
        Arrays.sort(sorted);
        for (int i = 0; i < sorted.length; i++) {
            int y = i / media.width();
            int x = i % media.width();
            int most = 0;
            int least = 255;
            for (int c = 0; c < 3; c++) {
                int value = media.value(frame, y, x, c);
                most = Math.max(most, value);
                least = Math.min(least, value);
                counts[0] += value == 0 ? 1 : 0;
                counts[1] += value == 255 ? 1 : 0;
            }
            counts[2] += most - least >= 0.9 * most && most > 40 ? 1 : 0;
            counts[3] += most - least < 0.1 * most ? 1 : 0;
            counts[4] += most > 230 ? 1 : 0;
        }
        for (int count : counts) {
            values.add(Math.sqrt((double) count / sorted.length));
        }
        addShares(sorted);
        for (int kind = 0; kind < 3; kind++) {
            addShares(colours(media, frame, kind));
        }
    }

    private void addShares(double[] sorted) {
        for (double share : new double[] {0.02, 0.1, 0.5, 0.9, 0.98}) {
            values.add(sorted[(int) (share * (sorted.length - 1))] / 255);
        }
    }

    /** Returns the least or the greatest channel of every pixel, or their difference, ascending. */
    private static double[] colours(Media media, int frame, int kind) {
        double[] found = new double[media.height() * media.width()];
        for (int i = 0; i < found.length; i++) {
            int most = 0;
            int least = 255;
            for (int c = 0; c < 3; c++) {
                int value = media.value(frame, i / media.width(), i % media.width(), c);
                most = Math.max(most, value);
                least = Math.min(least, value);
            }
            found[i] = kind == 0 ? least : kind == 1 ? most : most - least;
        }
        Arrays.sort(found);
        return found;
    }

    private void addMeasures(Media media, int frame) {
        Luma luma = Luma.of(media, frame);
        for (int period : new int[] {2, 4, PERIOD}) {
            values.add(LumaMeasures.blockiness(luma, period));
        }
        values.add(Math.log(LumaMeasures.noise(luma) + 0.1));
        values.add(Math.log(Ringing.of(luma).strength() + 1));
        values.add(Math.log(GridEnergy.of(luma) + 1));
        values.add(Math.log(Colours.of(media, frame).colourfulness() + 1));
    }
}
