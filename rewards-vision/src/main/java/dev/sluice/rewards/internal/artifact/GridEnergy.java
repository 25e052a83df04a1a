package dev.sluice.rewards.internal.artifact;

import dev.sluice.rewards.internal.Luma;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How far the energy at the three highest frequencies, where every second pixel differs (in rows, in columns, or as a
 * checkerboard), stands out of the energy around: the mark of transposed convolutions.
 */
public final class GridEnergy {
    /** Energy of a deviation of one grey level; what is fainter is no grid. */
    private static final double LEAST = 1;

    private GridEnergy() {}

    /**
     * Returns the largest of three ratios, about 1 without a grid. Each divides the energy of one of these frequencies by the mean
     * energy of the outer third of all frequencies or, if that is more, by the median in its own row or column, because an upright
     * edge is strong along a whole line of the spectrum. The middle of the picture is looked at, its sides powers of two, under
     * Hann's window, because the jump from one border to the other would look like an edge.
     */
    public static double of(Luma luma) {
        int height = Integer.highestOneBit(luma.height());
        int width = Integer.highestOneBit(luma.width());
        if (height < 16 || width < 16) {
            return 1;
        }
        double[][] energy = energy(luma, height, width);
        double outer = outer(energy);
        double best = 0;
        for (int[] bin : new int[][] {{height / 2, width / 2}, {height / 2, 0}, {0, width / 2}}) {
            double around = Math.max(outer, Math.max(row(energy, bin), column(energy, bin)));
            best = Math.max(best, (energy[bin[0]][bin[1]] + LEAST) / (around + LEAST));
        }
        return best;
    }

    /** Returns the energies, so scaled that white noise of deviation s has s² everywhere. */
    private static double[][] energy(Luma luma, int height, int width) {
        double[] down = hann(height);
        double[] across = hann(width);
        double mean = luma.mean();
        int top = (luma.height() - height) / 2;
        int left = (luma.width() - width) / 2;
        double[][] real = new double[height][width];
        double[][] imaginary = new double[height][width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                real[y][x] = (luma.at(top + y, left + x) - mean) * down[y] * across[x];
            }
            transform(real[y], imaginary[y]);
        }
        double[] re = new double[height];
        double[] im = new double[height];
        double scale = squares(down) * squares(across);
        double[][] energy = new double[height][width];
        for (int x = 0; x < width; x++) {
            for (int y = 0; y < height; y++) {
                re[y] = real[y][x];
                im[y] = imaginary[y][x];
            }
            transform(re, im);
            for (int y = 0; y < height; y++) {
                energy[y][x] = (re[y] * re[y] + im[y] * im[y]) / scale;
            }
        }
        return energy;
    }

    private static double[] hann(int size) {
        double[] window = new double[size];
        Arrays.setAll(window, i -> 0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / size));
        return window;
    }

    private static double squares(double[] values) {
        return Arrays.stream(values).map(value -> value * value).sum();
    }

    private static double outer(double[][] energy) {
        double sum = 0;
        int count = 0;
        for (int y = 0; y < energy.length; y++) {
            for (int x = 0; x < energy[y].length; x++) {
                if (high(y, energy.length) || high(x, energy[y].length)) {
                    sum += energy[y][x];
                    count++;
                }
            }
        }
        return sum / count;
    }

    /** Returns whether a frequency is in the outer third: above two thirds of the highest. */
    private static boolean high(int bin, int size) {
        return Math.min(bin, size - bin) * 3 > size;
    }

    private static double row(double[][] energy, int[] bin) {
        int size = energy[0].length;
        return median(size, bin[1], x -> energy[bin[0]][x]);
    }

    private static double column(double[][] energy, int[] bin) {
        return median(energy.length, bin[0], y -> energy[y][bin[1]]);
    }

    /** Returns the median along a line, more than two bins from the bin itself, near it or, if it is 0, in the outer third. */
    private static double median(int size, int bin, IntToDoubleFunction values) {
        double[] sorted = IntStream.range(0, size)
                .filter(i -> high(i, size) && Math.abs(i - bin) > 2)
                .mapToDouble(values)
                .sorted()
                .toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }

    /** The fast Fourier transform of Cooley and Tukey (1965), in place; the length is a power of two. */
    static void transform(double[] real, double[] imaginary) {
        int size = real.length;
        for (int i = 1, j = 0; i < size; i++) {
            int bit = size >> 1;
            while ((j & bit) != 0) {
                j ^= bit;
                bit >>= 1;
            }
            j ^= bit;
            if (i < j) {
                swap(real, i, j);
                swap(imaginary, i, j);
            }
        }
        for (int length = 2; length <= size; length *= 2) {
            for (int k = 0; k < length / 2; k++) {
                double cos = Math.cos(-2 * Math.PI * k / length);
                double sin = Math.sin(-2 * Math.PI * k / length);
                for (int start = k; start < size; start += length) {
                    int other = start + length / 2;
                    double re = real[other] * cos - imaginary[other] * sin;
                    double im = real[other] * sin + imaginary[other] * cos;
                    real[other] = real[start] - re;
                    imaginary[other] = imaginary[start] - im;
                    real[start] += re;
                    imaginary[start] += im;
                }
            }
        }
    }

    private static void swap(double[] values, int i, int j) {
        double kept = values[i];
        values[i] = values[j];
        values[j] = kept;
    }
}
