package dev.sluice.rewards;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether a reward is as sure as it may be: what it is sure of by p should be right as often. Of a pair with the difference m of
 * scores p = σ(τ·|m|), and it is right if people prefer the same one.
 *
 * @param error the expected calibration error: the mean distance of both, over bins of equal width, weighted by their pairs
 * @param brier the mean of (right − p)²
 * @param surprise the mean negative log-likelihood, in nats
 * @param bins of p, those without pairs left out
 */
public record Calibration(double error, double brier, double surprise, List<Bin> bins) {
    private static final int BINS = 10;
    private static final double STEEPEST = 1e4;

    public Calibration {
        bins = List.copyOf(bins);
    }

    /**
     * Pairs whose p is about the same.
     *
     * @param sure the mean p
     * @param right the share of pairs on which people agree
     * @param count how many
     */
    public record Bin(double sure, double right, int count) {}

    /**
     * Returns the calibration of predictions.
     *
     * @param p how sure, in [0, 1]
     * @param y 1 where it was right, 0 where it was wrong
     */
    public static Calibration of(double[] p, double[] y) {
        double[][] sums = new double[BINS][3];
        double brier = 0;
        double surprise = 0;
        for (int i = 0; i < p.length; i++) {
            double[] sum = sums[(int) Math.min(BINS - 1, p[i] * BINS)];
            sum[0] += p[i];
            sum[1] += y[i];
            sum[2]++;
            brier += (y[i] - p[i]) * (y[i] - p[i]) / p.length;
            surprise -= (y[i] * Math.log(Math.max(p[i], Double.MIN_NORMAL))
                            + (1 - y[i]) * Math.log(Math.max(1 - p[i], Double.MIN_NORMAL)))
                    / p.length;
        }
        double error = 0;
        List<Bin> bins = new ArrayList<>();
        for (double[] sum : sums) {
            if (sum[2] > 0) {
                error += Math.abs(sum[0] - sum[1]) / p.length;
                bins.add(new Bin(sum[0] / sum[2], sum[1] / sum[2], (int) sum[2]));
            }
        }
        return new Calibration(error, brier, surprise, bins);
    }

    /**
     * Returns the calibration on pairs; ties, and pairs whose m is NaN, do not count.
     *
     * @param h 1 if people prefer the first, −1 if the second, 0 if neither
     * @param m the first score less the second one
     * @param steepness τ of each pair
     */
    public static Calibration of(int[] h, double[] m, double[] steepness) {
        List<double[]> rows = new ArrayList<>();
        for (int i = 0; i < h.length; i++) {
            if (h[i] != 0 && !Double.isNaN(m[i])) {
                double right = m[i] == 0 ? 0.5 : h[i] * m[i] > 0 ? 1 : 0;
                rows.add(new double[] {PreferenceLoss.sigmoid(steepness[i] * Math.abs(m[i])), right});
            }
        }
        return of(
                rows.stream().mapToDouble(row -> row[0]).toArray(),
                rows.stream().mapToDouble(row -> row[1]).toArray());
    }

    /**
     * Returns the τ with the least negative log-likelihood, by golden sections of its logarithm around the scale of the differences.
     *
     * @return above 0; 1 if there is nothing to choose it by
     */
    public static double steepness(int[] h, double[] m) {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < h.length; i++) {
            if (h[i] != 0 && !Double.isNaN(m[i])) {
                sum += Math.abs(m[i]);
                count++;
            }
        }
        if (!(sum > 0)) {
            return 1;
        }
        double scale = count / sum;
        double low = -Math.log(STEEPEST);
        double high = Math.log(STEEPEST);
        double ratio = (Math.sqrt(5) - 1) / 2;
        while (high - low > 1e-6) {
            double a = high - ratio * (high - low);
            double b = low + ratio * (high - low);
            if (loss(h, m, scale * Math.exp(a)) < loss(h, m, scale * Math.exp(b))) {
                high = b;
            } else {
                low = a;
            }
        }
        return scale * Math.exp((low + high) / 2);
    }

    private static double loss(int[] h, double[] m, double steepness) {
        double sum = 0;
        for (int i = 0; i < h.length; i++) {
            if (h[i] != 0 && !Double.isNaN(m[i])) {
                sum += PreferenceLoss.softplus(-steepness * h[i] * m[i]);
            }
        }
        return sum;
    }
}
