package dev.sluice.rewards;

import java.util.Arrays;

/**
 * How often a reward and people agree on pairs: by m, the first score less the second one, and h, which is 1 if people prefer the
 * first, −1 if the second, 0 if neither. Pairs where m is NaN do not count.
 *
 * <p>Source: VideoAlign (2025), {@code calc_accuracy.py}. Differs: the threshold of ties is chosen on other pairs than those that are
 * counted, as whoever calls it decides.
 */
public final class PairAccuracy {
    /** Differences that are as near to each other are the same. */
    private static final double SAME = 1e-9;

    private PairAccuracy() {}

    /**
     * Returns the share of pairs that are no tie on which both agree; equal scores are wrong.
     *
     * @return 0 to 1; NaN if there is no such pair
     */
    public static double withoutTies(int[] h, double[] m) {
        int right = 0;
        int all = 0;
        for (int i = 0; i < h.length; i++) {
            if (h[i] != 0 && !Double.isNaN(m[i])) {
                all++;
                right += h[i] * m[i] > 0 ? 1 : 0;
            }
        }
        return all == 0 ? Double.NaN : (double) right / all;
    }

    /**
     * Returns the share of pairs on which both agree, where the reward says tie up to a difference.
     *
     * @param threshold |m| up to which it is a tie; negative if nothing is
     * @return 0 to 1; NaN if there is no pair
     */
    public static double withTies(int[] h, double[] m, double threshold) {
        int right = 0;
        int all = 0;
        for (int i = 0; i < h.length; i++) {
            if (!Double.isNaN(m[i])) {
                all++;
                boolean tie = Math.abs(m[i]) <= threshold + SAME;
                right += tie ? (h[i] == 0 ? 1 : 0) : h[i] * m[i] > 0 ? 1 : 0;
            }
        }
        return all == 0 ? Double.NaN : (double) right / all;
    }

    /** Returns the threshold with the greatest {@link #withTies}, the least of several; −1 if nothing should be a tie. */
    public static double bestThreshold(int[] h, double[] m) {
        double[] size = Arrays.stream(m).map(Math::abs).toArray();
        Integer[] order = new Integer[m.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (i, j) -> Double.compare(size[i], size[j]));
        int right = 0;
        for (int i = 0; i < h.length; i++) {
            right += h[i] != 0 && h[i] * m[i] > 0 ? 1 : 0;
        }
        int most = right;
        double best = -1;
        for (int from = 0, to; from < order.length && !Double.isNaN(size[order[from]]); from = to) {
            to = from;
            while (to < order.length && size[order[to]] - size[order[from]] <= SAME) {
                int i = order[to];
                right += h[i] == 0 ? 1 : h[i] * m[i] > 0 ? -1 : 0;
                to++;
            }
            if (right > most) {
                most = right;
                best = size[order[to - 1]];
            }
        }
        return best;
    }

    /**
     * Returns how often a good item has a higher score than a bad one; equal ones count half.
     *
     * @return 0 to 1; NaN if there are no good or no bad ones with a score
     */
    public static double area(double[] good, double[] bad) {
        double[] low =
                Arrays.stream(bad).filter(one -> !Double.isNaN(one)).sorted().toArray();
        double wins = 0;
        int count = 0;
        for (double high : good) {
            if (!Double.isNaN(high)) {
                count++;
                wins += (below(low, high) + below(low, Math.nextUp(high))) / 2.0;
            }
        }
        return count == 0 || low.length == 0 ? Double.NaN : wins / ((double) count * low.length);
    }

    /** Returns how many are below a number. */
    private static int below(double[] sorted, double number) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) / 2;
            if (sorted[middle] < number) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
