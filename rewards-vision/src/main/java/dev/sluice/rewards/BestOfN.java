package dev.sluice.rewards;

import dev.sluice.flow.tensor.Require;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * What the best of some samples is worth: a reward (the proxy) chooses, another one (the gold) judges. A proxy that is hacked chooses
 * ever worse ones as n grows.
 */
public final class BestOfN {
    private BestOfN() {}

    /**
     * Returns the mean gold of the sample with the greatest proxy among n that are drawn without replacement: that over all
     * subsets, not an estimate. Of equal proxies each is chosen as often.
     *
     * <p>Formula: Σ C(i − 1, n − 1)/C(N, n)·gold of the i-th by its proxy.
     *
     * @param proxy chooses; places where it or the gold is NaN do not count
     * @param gold judges
     * @param n at least 1
     * @return NaN if there are fewer than n
     */
    public static double gold(double[] proxy, double[] gold, int n) {
        Require.atLeast("n", n, 1);
        int[] order = IntStream.range(0, proxy.length)
                .filter(i -> !Double.isNaN(proxy[i]) && !Double.isNaN(gold[i]))
                .boxed()
                .sorted(Comparator.comparingDouble(i -> proxy[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        int all = order.length;
        if (all < n) {
            return Double.NaN;
        }
        double[] sorted = Arrays.stream(order).mapToDouble(i -> gold[i]).toArray();
        for (int from = 0, to; from < all; from = to) {
            to = from + 1;
            while (to < all && proxy[order[to]] == proxy[order[from]]) {
                to++;
            }
            double mean = Arrays.stream(sorted, from, to).average().orElseThrow();
            Arrays.fill(sorted, from, to, mean);
        }
        // The share of subsets whose greatest is the last one is n/N; that of the one before follows from the next.
        double share = (double) n / all;
        double sum = 0;
        for (int i = all - 1; i >= n - 1; i--) {
            sum += share * sorted[i];
            share = i == 0 ? 0 : share * (i - n + 1) / i;
        }
        return sum;
    }

    /**
     * Returns how far the best of n samples is from one sample in nats: ln n − (n − 1)/n. Equal scores make it less.
     *
     * @param n at least 1
     */
    public static double divergence(int n) {
        return Math.log(Require.atLeast("n", n, 1)) - (n - 1.0) / n;
    }
}
