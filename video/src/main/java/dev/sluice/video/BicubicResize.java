package dev.sluice.video;

import java.util.Arrays;

/**
 * Resizes 8-bit pictures as Pillow's bicubic filter does, to the bit: what the processors of CLIP and its family were trained
 * with.
 *
 * <p>Source: Pillow, {@code Resample.c}: a = −0.5, the kernel widens with the factor of reduction, width first, rounded to 8 bits
 * between the passes, weights in fixed point with 22 bits.
 */
public final class BicubicResize {
    private static final double A = -0.5;
    private static final int BITS = 22;

    private BicubicResize() {}

    /**
     * Returns the picture at another size.
     *
     * @param media an image
     * @param height rows, at least 1
     * @param width columns, at least 1
     */
    public static Media resize(Media media, int height, int width) {
        if (!(height >= 1 && width >= 1)) {
            throw new IllegalArgumentException(
                    "height and width (%s, %s) must be at least 1.".formatted(height, width));
        }
        if (!media.isImage()) {
            throw new IllegalArgumentException("media (%s frames) must be an image.".formatted(media.frames()));
        }
        byte[] rgb = media.rgb();
        if (height == media.height()) {
            byte[] same = width == media.width()
                    ? rgb
                    : bytes(across(rgb, height, media.width(), new Kernel(media.width(), width)));
            return Media.image(height, width, same);
        }
        int[] narrowed = width == media.width()
                ? ints(rgb)
                : across(rgb, media.height(), media.width(), new Kernel(media.width(), width));
        return Media.image(height, width, down(narrowed, width, new Kernel(media.height(), height)));
    }

    /** Between the passes values are ints, with which the second one is computed several at a time. */
    private static int[] ints(byte[] bytes) {
        int[] ints = new int[bytes.length];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = bytes[i] & 0xFF;
        }
        return ints;
    }

    private static byte[] bytes(int[] ints) {
        byte[] bytes = new byte[ints.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ints[i];
        }
        return bytes;
    }

    /**
     * Returns the picture with its shorter side at a length and the other in proportion, rounded down, as torchvision and
     * transformers do.
     */
    public static Media shorterSide(Media media, int length) {
        int shorter = Math.min(media.height(), media.width());
        int longer = (int) ((long) length * Math.max(media.height(), media.width()) / shorter);
        return media.height() <= media.width() ? resize(media, length, longer) : resize(media, longer, length);
    }

    /**
     * Two rows go side by side, in the halves of a long: a sum stays below 2³¹ in size, so what the lower half borrows from the upper
     * one is known from its sign.
     */
    private static int[] across(byte[] rgb, int height, int width, Kernel kernel) {
        int size = kernel.first.length;
        int[] out = new int[3 * height * size];
        long[] rows = new long[3 * width];
        long half = 1L << BITS - 1;
        for (int y = 0; y < height; y += 2) {
            int other = Math.min(y + 1, height - 1);
            for (int i = 0; i < rows.length; i++) {
                rows[i] = rgb[3 * width * y + i] & 0xFF | (rgb[3 * width * other + i] & 0xFFL) << 32;
            }
            for (int x = 0; x < size; x++) {
                long red = half | half << 32;
                long green = red;
                long blue = red;
                int at = 3 * kernel.first[x];
                for (int weight : kernel.weights[x]) {
                    red += rows[at] * weight;
                    green += rows[at + 1] * weight;
                    blue += rows[at + 2] * weight;
                    at += 3;
                }
                put(out, 3 * (other * size + x), upper(red), upper(green), upper(blue));
                put(out, 3 * (y * size + x), (int) red, (int) green, (int) blue);
            }
        }
        return out;
    }

    private static int upper(long sums) {
        return (int) (sums - (int) sums >> 32);
    }

    private static void put(int[] out, int to, int red, int green, int blue) {
        out[to] = clip(red);
        out[to + 1] = clip(green);
        out[to + 2] = clip(blue);
    }

    private static byte[] down(int[] rgb, int width, Kernel kernel) {
        int row = 3 * width;
        int size = kernel.first.length;
        byte[] out = new byte[row * size];
        int[] sums = new int[row];
        for (int y = 0; y < size; y++) {
            Arrays.fill(sums, 1 << BITS - 1);
            int at = kernel.first[y] * row;
            for (int weight : kernel.weights[y]) {
                for (int i = 0; i < row; i++) {
                    sums[i] += rgb[at + i] * weight;
                }
                at += row;
            }
            for (int i = 0; i < row; i++) {
                out[y * row + i] = (byte) clip(sums[i]);
            }
        }
        return out;
    }

    private static int clip(int sum) {
        return Math.max(0, Math.min(255, sum >> BITS));
    }

    /** Where each output value begins to read, and the weights of what it reads. */
    private static final class Kernel {
        private final int[] first;
        private final int[][] weights;

        Kernel(int in, int out) {
            double scale = (double) in / out;
            double widened = Math.max(scale, 1);
            double support = 2 * widened;
            first = new int[out];
            weights = new int[out][];
            for (int i = 0; i < out; i++) {
                double centre = (i + 0.5) * scale;
                int low = Math.max(0, (int) (centre - support + 0.5));
                int high = Math.min(in, (int) (centre + support + 0.5));
                double[] values = new double[high - low];
                double sum = 0;
                for (int j = 0; j < values.length; j++) {
                    values[j] = cubic((low + j - centre + 0.5) / widened);
                    sum += values[j];
                }
                first[i] = low;
                weights[i] = new int[values.length];
                for (int j = 0; j < values.length; j++) {
                    double value = values[j] / sum;
                    weights[i][j] = (int) (value * (1 << BITS) + (value < 0 ? -0.5 : 0.5));
                }
            }
        }

        private static double cubic(double at) {
            double x = Math.abs(at);
            if (x < 1) {
                return ((A + 2) * x - (A + 3)) * x * x + 1;
            }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
        }
    }
}
