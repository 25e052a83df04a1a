package dev.sluice.video;

import java.util.Arrays;
import java.util.Optional;

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
        Narrowed narrowed = new Narrowed(media, width);
        return Media.image(
                height,
                width,
                height == media.height() ? narrowed.all() : down(narrowed, new Kernel(media.height(), height)));
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

    /** Rows that are narrowed are kept as long as the second pass reads them, so that they stay in the processor's nearest memory. */
    private static byte[] down(Narrowed narrowed, Kernel kernel) {
        int row = 3 * narrowed.width;
        int size = kernel.first.length;
        int most = Arrays.stream(kernel.weights)
                .mapToInt(weights -> weights.length)
                .max()
                .orElseThrow();
        int[][] kept = new int[most + 2][row];
        int next = kernel.first[0];
        byte[] out = new byte[row * size];
        int[] sums = new int[row];
        for (int y = 0; y < size; y++) {
            int[] weights = kernel.weights[y];
            int first = kernel.first[y];
            for (; next < first + weights.length; next += 2) {
                narrowed.two(next, kept[next % kept.length], kept[(next + 1) % kept.length]);
            }
            Arrays.fill(sums, 1 << BITS - 1);
            for (int k = 0; k < weights.length; k++) {
                int[] from = kept[(first + k) % kept.length];
                int weight = weights[k];
                for (int i = 0; i < row; i++) {
                    sums[i] += from[i] * weight;
                }
            }
            for (int i = 0; i < row; i++) {
                out[y * row + i] = (byte) clip(sums[i]);
            }
        }
        return out;
    }

    /** The rows of a picture at another width, in 0..255; as ints, with which the second pass is computed several at a time. */
    private static final class Narrowed {
        private final byte[] rgb;
        private final int height;
        private final int before;
        private final int width;
        private final Optional<Kernel> kernel;
        private final long[] rows;

        Narrowed(Media media, int width) {
            this.rgb = media.rgb();
            this.height = media.height();
            this.before = media.width();
            this.width = width;
            this.kernel = width == before ? Optional.empty() : Optional.of(new Kernel(before, width));
            this.rows = new long[3 * before];
        }

        private byte[] all() {
            if (kernel.isEmpty()) {
                return rgb;
            }
            int row = 3 * width;
            byte[] out = new byte[row * height];
            int[] upper = new int[row];
            int[] lower = new int[row];
            for (int y = 0; y < height; y += 2) {
                two(y, upper, lower);
                for (int i = 0; i < row; i++) {
                    out[y * row + i] = (byte) upper[i];
                    if (y + 1 < height) {
                        out[(y + 1) * row + i] = (byte) lower[i];
                    }
                }
            }
            return out;
        }

        /**
         * Computes a row and the one below; beyond the last one that one again. They go side by side, in the halves of a long: a sum
         * stays below 2³¹ in size, so what the lower half borrows from the upper one is known from its sign.
         */
        private void two(int y, int[] upper, int[] lower) {
            int below = Math.min(y + 1, height - 1);
            for (int i = 0; i < rows.length; i++) {
                rows[i] = rgb[3 * before * y + i] & 0xFF | (rgb[3 * before * below + i] & 0xFFL) << 32;
            }
            if (kernel.isEmpty()) {
                for (int i = 0; i < rows.length; i++) {
                    upper[i] = (int) rows[i];
                    lower[i] = (int) (rows[i] >> 32);
                }
                return;
            }
            int[] first = kernel.get().first;
            int[][] weights = kernel.get().weights;
            long half = 1L << BITS - 1;
            for (int x = 0; x < width; x++) {
                long red = half | half << 32;
                long green = red;
                long blue = red;
                int at = 3 * first[x];
                for (int weight : weights[x]) {
                    red += rows[at] * weight;
                    green += rows[at + 1] * weight;
                    blue += rows[at + 2] * weight;
                    at += 3;
                }
                put(upper, 3 * x, (int) red, (int) green, (int) blue);
                put(lower, 3 * x, second(red), second(green), second(blue));
            }
        }

        private static int second(long sums) {
            return (int) (sums - (int) sums >> 32);
        }

        private static void put(int[] out, int to, int red, int green, int blue) {
            out[to] = clip(red);
            out[to + 1] = clip(green);
            out[to + 2] = clip(blue);
        }
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
