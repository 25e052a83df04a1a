package dev.sluice.rewards.internal.artifact;

import dev.sluice.rewards.internal.Luma;

/** Classical measures of a grey picture that need no other to compare it with. */
public final class LumaMeasures {
    private LumaMeasures() {}

    /**
     * Returns how much larger the differences of neighbours are across the borders of a grid of blocks than elsewhere, 0 to 1: the
     * mean over rows and columns of (on − off)/(on + off + 1).
     *
     * @param period pixels from one border to the next
     */
    public static double blockiness(Luma luma, int period) {
        double across = lines(
                luma.width(), luma.height(), period, (line, i) -> Math.abs(luma.at(i, line + 1) - luma.at(i, line)));
        double down = lines(
                luma.height(), luma.width(), period, (line, i) -> Math.abs(luma.at(line + 1, i) - luma.at(line, i)));
        return (across + down) / 2;
    }

    private interface Difference {
        double at(int line, int index);
    }

    private static double lines(int count, int length, int period, Difference difference) {
        double on = 0;
        double off = 0;
        int borders = 0;
        for (int line = 0; line + 1 < count; line++) {
            double sum = 0;
            for (int i = 0; i < length; i++) {
                sum += difference.at(line, i);
            }
            if ((line + 1) % period == 0) {
                on += sum;
                borders++;
            } else {
                off += sum;
            }
        }
        int others = count - 1 - borders;
        double meanOn = borders == 0 ? 0 : on / ((double) borders * length);
        double meanOff = others <= 0 ? 0 : off / ((double) others * length);
        return Math.max(0, (meanOn - meanOff) / (meanOn + meanOff + 1));
    }

    /** Returns the variance of the Laplacian [0 1 0; 1 −4 1; 0 1 0] within the border. */
    public static double laplacianVariance(Luma luma) {
        double sum = 0;
        double squares = 0;
        int count = 0;
        for (int y = 1; y + 1 < luma.height(); y++) {
            for (int x = 1; x + 1 < luma.width(); x++) {
                double value = luma.at(y - 1, x)
                        + luma.at(y + 1, x)
                        + luma.at(y, x - 1)
                        + luma.at(y, x + 1)
                        - 4 * luma.at(y, x);
                sum += value;
                squares += value * value;
                count++;
            }
        }
        double mean = sum / count;
        return Math.max(0, squares / count - mean * mean);
    }

    /**
     * Returns the deviation of the noise.
     *
     * <p>Source: Immerkær (1996), "Fast noise variance estimation": √(π/2)/(6(W−2)(H−2))·Σ|v ∗ [1 −2 1; −2 4 −2; 1 −2 1]|.
     */
    public static double noise(Luma luma) {
        double sum = 0;
        for (int y = 1; y + 1 < luma.height(); y++) {
            for (int x = 1; x + 1 < luma.width(); x++) {
                sum += Math.abs(second(luma, y - 1, x) - 2 * second(luma, y, x) + second(luma, y + 1, x));
            }
        }
        return Math.sqrt(Math.PI / 2) / (6.0 * (luma.width() - 2) * (luma.height() - 2)) * sum;
    }

    private static double second(Luma luma, int y, int x) {
        return luma.at(y, x - 1) - 2 * luma.at(y, x) + luma.at(y, x + 1);
    }

    /** Returns the share of pixels that are as good as black or white: at most 4, or at least 251. */
    public static double clipped(Luma luma) {
        int count = 0;
        for (double value : luma.values()) {
            count += value <= 4 || value >= 251 ? 1 : 0;
        }
        return (double) count / luma.values().length;
    }
}
