package dev.sluice.rewards;

import java.util.Arrays;
import java.util.Comparator;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** How far two lists of numbers have one order. Places where one of them is NaN do not count. */
public final class RankCorrelation {
    private RankCorrelation() {}

    /**
     * Returns Spearman's ρ, the correlation of ranks; equal numbers have the mean of their ranks.
     *
     * @return −1 to 1; nothing if one of them does not vary
     * @throws IllegalArgumentException if the lengths differ
     */
    public static OptionalDouble spearman(double[] one, double[] other) {
        double[][] both = both(one, other);
        double[] a = ranks(both[0]);
        double[] b = ranks(both[1]);
        double mean = (a.length + 1) / 2.0;
        double[] sums = new double[3];
        for (int i = 0; i < a.length; i++) {
            sums[0] += (a[i] - mean) * (a[i] - mean);
            sums[1] += (b[i] - mean) * (b[i] - mean);
            sums[2] += (a[i] - mean) * (b[i] - mean);
        }
        return sums[0] > 0 && sums[1] > 0
                ? OptionalDouble.of(sums[2] / Math.sqrt(sums[0] * sums[1]))
                : OptionalDouble.empty();
    }

    /**
     * Returns Kendall's τ_b: concordant less discordant pairs, over the geometric mean of those that either tells apart.
     *
     * <p>Source: Knight (1966), in n·ln n steps.
     *
     * @return −1 to 1; nothing if one of them does not vary
     * @throws IllegalArgumentException if the lengths differ
     */
    public static OptionalDouble kendall(double[] one, double[] other) {
        Pairs pairs = pairs(both(one, other));
        double scale = Math.sqrt((double) pairs.ofOne * pairs.ofOther);
        return scale > 0 ? OptionalDouble.of((pairs.told - 2.0 * pairs.swapped) / scale) : OptionalDouble.empty();
    }

    /**
     * Pairs of places.
     *
     * @param told that both tell apart
     * @param swapped of these, that are in another order
     * @param ofOne that the first tells apart
     * @param ofOther that the second tells apart
     */
    record Pairs(long told, long swapped, long ofOne, long ofOther) {}

    /** Counts the pairs of places of two lists without NaN. */
    static Pairs pairs(double[]... both) {
        int n = both[0].length;
        int[] order = IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> both[0][i]).thenComparingDouble(i -> both[1][i]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] a = Arrays.stream(order).mapToDouble(i -> both[0][i]).toArray();
        double[] b = Arrays.stream(order).mapToDouble(i -> both[1][i]).toArray();
        long tiedA = 0;
        long tiedBoth = 0;
        long runA = 0;
        long runBoth = 0;
        for (int i = 1; i < n; i++) {
            runA = a[i] == a[i - 1] ? runA + 1 : 0;
            runBoth = a[i] == a[i - 1] && b[i] == b[i - 1] ? runBoth + 1 : 0;
            tiedA += runA;
            tiedBoth += runBoth;
        }
        long swaps = sorted(b, new double[n], 0, n);
        long tiedB = 0;
        long runB = 0;
        for (int i = 1; i < n; i++) {
            runB = b[i] == b[i - 1] ? runB + 1 : 0;
            tiedB += runB;
        }
        long all = (long) n * (n - 1) / 2;
        return new Pairs(all - tiedA - tiedB + tiedBoth, swaps, all - tiedA, all - tiedB);
    }

    /** Sorts by merging and returns how many pairs stood the wrong way round. */
    private static long sorted(double[] values, double[] spare, int from, int to) {
        if (to - from < 2) {
            return 0;
        }
        int middle = (from + to) / 2;
        long swaps = sorted(values, spare, from, middle) + sorted(values, spare, middle, to);
        System.arraycopy(values, from, spare, from, to - from);
        int left = from;
        int right = middle;
        for (int i = from; i < to; i++) {
            if (right == to || (left < middle && spare[left] <= spare[right])) {
                values[i] = spare[left++];
            } else {
                swaps += middle - left;
                values[i] = spare[right++];
            }
        }
        return swaps;
    }

    private static double[][] both(double[] one, double[] other) {
        if (one.length != other.length) {
            throw new IllegalArgumentException(
                    "one and other have %s and %s entries; they must be equal.".formatted(one.length, other.length));
        }
        int[] finite = IntStream.range(0, one.length)
                .filter(i -> !Double.isNaN(one[i]) && !Double.isNaN(other[i]))
                .toArray();
        return new double[][] {
            Arrays.stream(finite).mapToDouble(i -> one[i]).toArray(),
            Arrays.stream(finite).mapToDouble(i -> other[i]).toArray()
        };
    }

    private static double[] ranks(double[] values) {
        int[] order = IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> values[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] ranks = new double[values.length];
        for (int from = 0, to; from < order.length; from = to) {
            to = from + 1;
            while (to < order.length && values[order[to]] == values[order[from]]) {
                to++;
            }
            for (int i = from; i < to; i++) {
                ranks[order[i]] = (from + to + 1) / 2.0;
            }
        }
        return ranks;
    }
}
