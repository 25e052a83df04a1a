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
 * @param argb 256 colours, all opaque, used or not: FFmpeg's encoder takes one that is not for a hole in every frame
 * @param indices of each pixel, which one it has
 */
record Palette(int[] argb, byte[] indices) {
    private static final int MOST = 256;
    private static final int BINS = 1 << 15;

    /** Chooses colours for pixels, 3 values each. */
    static Palette of(byte[] rgb) {
        int[] pixels = new int[rgb.length / 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = 0xFF << 24 | (rgb[3 * i] & 0xFF) << 16 | (rgb[3 * i + 1] & 0xFF) << 8 | rgb[3 * i + 2] & 0xFF;
        }
        Palette exact = exact(pixels);
        return exact != null ? exact : nearest(pixels);
    }

    private static int[] black() {
        int[] argb = new int[MOST];
        Arrays.fill(argb, 0xFF << 24);
        return argb;
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
        int[] argb = black();
        known.forEach((colour, at) -> argb[at] = colour);
        return new Palette(argb, indices);
    }

    private static int bin(int pixel) {
        return pixel >> 9 & 0x7C00 | pixel >> 6 & 0x3E0 | pixel >> 3 & 0x1F;
    }

    private static Palette nearest(int[] pixels) {
        long[] count = new long[BINS];
        double[][] sum = new double[3][BINS];
        for (int pixel : pixels) {
            int bin = bin(pixel);
            count[bin]++;
            for (int c = 0; c < 3; c++) {
                sum[c][bin] += pixel >> (16 - 8 * c) & 0xFF;
            }
        }
        int[] used = IntStream.range(0, BINS).filter(bin -> count[bin] > 0).toArray();
        List<Box> boxes = split(used, count, sum);
        int[] argb = black();
        for (int i = 0; i < boxes.size(); i++) {
            argb[i] = boxes.get(i).colour();
        }
        byte[] ofBin = new byte[BINS];
        for (int bin : used) {
            ofBin[bin] = (byte) closest(argb, boxes.size(), bin, count, sum);
        }
        byte[] indices = new byte[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            indices[i] = ofBin[bin(pixels[i])];
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

    private static List<Box> split(int[] used, long[] count, double[][] sum) {
        List<Box> boxes = new ArrayList<>();
        boxes.add(Box.of(used, count, sum));
        while (boxes.size() < MOST) {
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
