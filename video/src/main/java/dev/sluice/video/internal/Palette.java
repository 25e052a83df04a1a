package dev.sluice.video.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The colours of one picture: all of them where there are at most 256, else as many that stand for the others.
 *
 * <p>Boxes of colours are split where the squared error is largest, at their mean; then each colour goes to the nearest mean.
 * Colours are told apart to 5 bits a channel there.
 *
 * @param argb the colours, at most 256
 * @param indices of each pixel, which one it has
 */
record Palette(int[] argb, byte[] indices) {
    private static final int MOST = 256;
    private static final int BINS = 1 << 15;

    /**
     * Chooses colours.
     *
     * @param values pixels × channels values
     * @param channels 3, or 4 with opacity, of which only the upper half counts as there
     */
    static Palette of(byte[] values, int channels) {
        int[] pixels = new int[values.length / channels];
        for (int i = 0; i < pixels.length; i++) {
            int at = i * channels;
            boolean there = channels == 3 || (values[at + 3] & 0xFF) >= 128;
            pixels[i] = there
                    ? 0xFF << 24 | (values[at] & 0xFF) << 16 | (values[at + 1] & 0xFF) << 8 | values[at + 2] & 0xFF
                    : 0;
        }
        Palette exact = exact(pixels);
        return exact != null ? exact : nearest(pixels);
    }

    private static Palette exact(int[] pixels) {
        Map<Integer, Integer> known = new HashMap<>();
        byte[] indices = new byte[pixels.length];
        int last = ~pixels[0];
        int index = 0;
        for (int i = 0; i < pixels.length; i++) {
            if (pixels[i] != last) {
                last = pixels[i];
                Integer there = known.get(last);
                if (there == null) {
                    if (known.size() == MOST) {
                        return null;
                    }
                    there = known.size();
                    known.put(last, there);
                }
                index = there;
            }
            indices[i] = (byte) index;
        }
        int[] argb = new int[known.size()];
        known.forEach((colour, at) -> argb[at] = colour);
        return new Palette(argb, indices);
    }

    private static int bin(int pixel) {
        return pixel >> 9 & 0x7C00 | pixel >> 6 & 0x3E0 | pixel >> 3 & 0x1F;
    }

    private static Palette nearest(int[] pixels) {
        long[] count = new long[BINS];
        double[][] sum = new double[3][BINS];
        boolean holes = false;
        for (int pixel : pixels) {
            if (pixel == 0) {
                holes = true;
                continue;
            }
            int bin = bin(pixel);
            count[bin]++;
            for (int c = 0; c < 3; c++) {
                sum[c][bin] += pixel >> (16 - 8 * c) & 0xFF;
            }
        }
        int[] used = IntStream.range(0, BINS).filter(bin -> count[bin] > 0).toArray();
        List<Box> boxes = split(used, count, sum, MOST - (holes ? 1 : 0));
        int[] argb = new int[boxes.size() + (holes ? 1 : 0)];
        for (int i = 0; i < boxes.size(); i++) {
            argb[i] = boxes.get(i).colour();
        }
        byte[] ofBin = new byte[BINS];
        for (int bin : used) {
            ofBin[bin] = (byte) closest(argb, boxes.size(), bin, count, sum);
        }
        byte[] indices = new byte[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            indices[i] = pixels[i] == 0 ? (byte) boxes.size() : ofBin[bin(pixels[i])];
        }
        return new Palette(argb, indices);
    }

    private static int closest(int[] argb, int size, int bin, long[] count, double[][] sum) {
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        double[] mean = {sum[0][bin] / count[bin], sum[1][bin] / count[bin], sum[2][bin] / count[bin]};
        for (int i = 0; i < size; i++) {
            double red = (argb[i] >> 16 & 0xFF) - mean[0];
            double green = (argb[i] >> 8 & 0xFF) - mean[1];
            double blue = (argb[i] & 0xFF) - mean[2];
            double distance = red * red + green * green + blue * blue;
            if (distance < least) {
                least = distance;
                best = i;
            }
        }
        return best;
    }

    private static List<Box> split(int[] used, long[] count, double[][] sum, int most) {
        List<Box> boxes = new ArrayList<>();
        boxes.add(Box.of(used, count, sum));
        while (boxes.size() < most) {
            int worst = 0;
            for (int i = 1; i < boxes.size(); i++) {
                worst = boxes.get(i).error > boxes.get(worst).error ? i : worst;
            }
            Box box = boxes.get(worst);
            if (!(box.error > 0)) {
                break;
            }
            double mean = box.mean[box.axis];
            int axis = box.axis;
            int[] low = Arrays.stream(box.bins)
                    .filter(bin -> sum[axis][bin] / count[bin] <= mean)
                    .toArray();
            int[] high = Arrays.stream(box.bins)
                    .filter(bin -> sum[axis][bin] / count[bin] > mean)
                    .toArray();
            if (low.length == 0 || high.length == 0) {
                break;
            }
            boxes.set(worst, Box.of(low, count, sum));
            boxes.add(Box.of(high, count, sum));
        }
        return boxes;
    }

    /** Colours that one colour may stand for. */
    private record Box(int[] bins, double[] mean, int axis, double error) {
        static Box of(int[] bins, long[] count, double[][] sum) {
            double[] mean = new double[3];
            double[] squares = new double[3];
            double weight = 0;
            for (int bin : bins) {
                weight += count[bin];
                for (int c = 0; c < 3; c++) {
                    double value = sum[c][bin] / count[bin];
                    mean[c] += sum[c][bin];
                    squares[c] += count[bin] * value * value;
                }
            }
            int axis = 0;
            for (int c = 0; c < 3; c++) {
                mean[c] /= weight;
                squares[c] -= weight * mean[c] * mean[c];
                axis = squares[c] > squares[axis] ? c : axis;
            }
            // What rounding leaves of a single colour is no error.
            return new Box(bins, mean, axis, bins.length == 1 || squares[axis] < 1e-6 * weight ? 0 : squares[axis]);
        }

        int colour() {
            int colour = 0xFF;
            for (double value : mean) {
                colour = colour << 8 | (int) Math.rint(value);
            }
            return colour;
        }
    }
}
