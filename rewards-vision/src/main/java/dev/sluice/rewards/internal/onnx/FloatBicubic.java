package dev.sluice.rewards.internal.onnx;

import dev.sluice.video.Media;

/**
 * Bicubic resampling of floats as torch's {@code interpolate} does: with a kernel that widens as the picture shrinks (a = −0.5,
 * {@code antialias=True}), or with four taps (a = −0.75). Nothing is rounded or limited.
 */
final class FloatBicubic {
    private FloatBicubic() {}

    /** Returns planes of values, nominally in [0, 1], of the first frame at another size. */
    static float[] resize(Media media, int height, int width, boolean antialias) {
        int inHeight = media.height();
        int inWidth = media.width();
        double[][] across = weights(inWidth, width, antialias);
        double[][] down = weights(inHeight, height, antialias);
        float[] planes = new float[3 * height * width];
        float[] half = new float[inHeight * width];
        for (int c = 0; c < 3; c++) {
            for (int y = 0; y < inHeight; y++) {
                for (int x = 0; x < width; x++) {
                    double sum = 0;
                    int first = (int) across[x][0];
                    for (int j = 1; j < across[x].length; j++) {
                        int from = clamp(first + j - 1, inWidth);
                        sum += across[x][j] * ((media.rgb()[3 * (y * inWidth + from) + c] & 0xFF) / 255f);
                    }
                    half[y * width + x] = (float) sum;
                }
            }
            for (int y = 0; y < height; y++) {
                int first = (int) down[y][0];
                for (int x = 0; x < width; x++) {
                    double sum = 0;
                    for (int j = 1; j < down[y].length; j++) {
                        sum += down[y][j] * half[clamp(first + j - 1, inHeight) * width + x];
                    }
                    planes[(c * height + y) * width + x] = (float) sum;
                }
            }
        }
        return planes;
    }

    private static int clamp(int index, int size) {
        return Math.max(0, Math.min(size - 1, index));
    }

    /** Returns for each output the first input it reads, then its weights. */
    private static double[][] weights(int in, int out, boolean antialias) {
        double scale = (double) in / out;
        double[][] all = new double[out][];
        for (int i = 0; i < out; i++) {
            if (in == out) {
                all[i] = new double[] {i, 1};
            } else if (antialias) {
                all[i] = widened(in, (i + 0.5) * scale, Math.max(scale, 1));
            } else {
                double at = (i + 0.5) * scale - 0.5;
                int base = (int) Math.floor(at);
                all[i] = new double[] {base - 1, 0, 0, 0, 0};
                for (int j = 0; j < 4; j++) {
                    all[i][j + 1] = cubic(at - (base - 1 + j), -0.75);
                }
            }
        }
        return all;
    }

    private static double[] widened(int in, double centre, double factor) {
        double support = 2 * factor;
        int low = Math.max(0, (int) (centre - support + 0.5));
        int high = Math.min(in, (int) (centre + support + 0.5));
        double[] weights = new double[high - low + 1];
        weights[0] = low;
        double sum = 0;
        for (int j = low; j < high; j++) {
            weights[j - low + 1] = cubic((j - centre + 0.5) / factor, -0.5);
            sum += weights[j - low + 1];
        }
        for (int j = 1; j < weights.length; j++) {
            weights[j] /= sum;
        }
        return weights;
    }

    private static double cubic(double at, double a) {
        double x = Math.abs(at);
        if (x < 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
}
