package dev.sluice.grpo;

import dev.sluice.flow.tensor.NoiseSource;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * A mean with its 95% confidence interval.
 *
 * @param mean of all scores; NaN if there is none
 * @param low lower end
 * @param high upper end
 * @param count number of scores
 * @param method how the interval was found: {@code wilson}, {@code bootstrap}, {@code combined} or {@code none}
 */
public record Interval(double mean, double low, double high, int count, String method) {
    private static final double Z = 1.959963984540054;
    private static final int RESAMPLES = 2000;
    private static final long SEED = 20_110_713;

    /**
     * Returns the interval of scores that come in clusters, such as the samples of one prompt.
     *
     * <p>One 0-or-1 score for each cluster gives Wilson's score interval (1927), which stays honest where all are 1; so do
     * clusters that are all 0 or all 1, each counted as one sample. Anything else gives the percentile bootstrap over
     * clusters (Efron 1979) with {@value #RESAMPLES} resamples and a fixed seed.
     *
     * @param clusters finite scores; empty clusters are left out
     */
    public static Interval of(double[][] clusters) {
        double[][] filled =
                Arrays.stream(clusters).filter(cluster -> cluster.length > 0).toArray(double[][]::new);
        double[] all = Arrays.stream(filled).flatMapToDouble(Arrays::stream).toArray();
        if (all.length == 0) {
            return new Interval(Double.NaN, Double.NaN, Double.NaN, 0, "none");
        }
        double mean = Arrays.stream(all).sum() / all.length;
        boolean single = filled.length == all.length;
        boolean binary = Arrays.stream(all).allMatch(score -> score == 0 || score == 1);
        if (binary && (mean == 0 || mean == 1)) {
            // A bootstrap of equal scores has no width, as if nothing could be otherwise; clusters count as one sample
            // each.
            return wilson(mean, filled.length, all.length);
        }
        return single && binary ? wilson(mean, all.length, all.length) : bootstrap(mean, all.length, filled);
    }

    /**
     * Returns the mean of means that are independent, such as those of several tasks, each with the same weight.
     *
     * <p>Each end is found from the distances of the parts' ends on that side: low = m̄ − √Σ(m − l)²/n.
     *
     * <p>Source: Zou and Donner (2008), Statistics in Medicine 27, 1693, for a mean of n parts.
     *
     * @param parts those without a mean are left out
     */
    public static Interval meanOf(Collection<Interval> parts) {
        List<Interval> known =
                parts.stream().filter(part -> Double.isFinite(part.mean())).toList();
        if (known.isEmpty()) {
            return new Interval(Double.NaN, Double.NaN, Double.NaN, 0, "none");
        }
        int n = known.size();
        double mean = known.stream().mapToDouble(Interval::mean).sum() / n;
        double below = 0;
        double above = 0;
        for (Interval part : known) {
            below += (part.mean - part.low) * (part.mean - part.low);
            above += (part.high - part.mean) * (part.high - part.mean);
        }
        int count = known.stream().mapToInt(Interval::count).sum();
        // Beyond the outermost ends lie only rounding errors, such as a lower end of −1e-17 for scores that are all 0.
        double least = known.stream().mapToDouble(Interval::low).min().orElseThrow();
        double most = known.stream().mapToDouble(Interval::high).max().orElseThrow();
        double low = Math.max(least, mean - Math.sqrt(below) / n);
        double high = Math.min(most, mean + Math.sqrt(above) / n);
        return new Interval(mean, low, high, count, "combined");
    }

    private static Interval wilson(double mean, int n, int count) {
        double scale = 1 / (1 + Z * Z / n);
        double centre = scale * (mean + Z * Z / (2 * n));
        double half = scale * Z * Math.sqrt(mean * (1 - mean) / n + Z * Z / (4.0 * n * n));
        return new Interval(mean, Math.max(0, centre - half), Math.min(1, centre + half), count, "wilson");
    }

    private static Interval bootstrap(double mean, int count, double[][] clusters) {
        NoiseSource random = NoiseSource.of(SEED, clusters.length);
        double[] sums = Arrays.stream(clusters)
                .mapToDouble(cluster -> Arrays.stream(cluster).sum())
                .toArray();
        double[] means = new double[RESAMPLES];
        for (int r = 0; r < RESAMPLES; r++) {
            double sum = 0;
            int size = 0;
            for (int i = 0; i < clusters.length; i++) {
                int drawn = random.uniform(clusters.length);
                sum += sums[drawn];
                size += clusters[drawn].length;
            }
            means[r] = sum / size;
        }
        Arrays.sort(means);
        return new Interval(
                mean,
                means[(int) Math.floor(0.025 * (RESAMPLES - 1))],
                means[(int) Math.ceil(0.975 * (RESAMPLES - 1))],
                count,
                "bootstrap");
    }
}
