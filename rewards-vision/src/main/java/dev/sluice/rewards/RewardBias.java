package dev.sluice.rewards;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How far the scores of a reward go along with a trait of what it scores. Intervals are those of other prompts, or of other samples
 * where all have one prompt.
 *
 * @param samples that have a score and the trait
 * @param prompts of these
 * @param pearson correlation over all samples
 * @param spearman rank correlation over all samples
 * @param within correlation of what scores and traits differ by from the mean of their prompt: what a policy can gain by, as it is
 *     compared with samples of the same prompt only
 */
public record RewardBias(
        int samples, int prompts, Bootstrap.Figure pearson, Bootstrap.Figure spearman, Bootstrap.Figure within) {
    private static final double ROUNDING = 1e-12;

    /**
     * Correlates; what does not vary has no correlation.
     *
     * @param scores of samples; NaN where there is none
     * @param traits of the same samples, see {@link BiasTrait}; NaN where there is none
     * @param texts the prompt of each
     * @param bootstrap of the intervals
     * @throws IllegalArgumentException if the lengths differ
     */
    public static RewardBias of(double[] scores, double[] traits, List<String> texts, Bootstrap bootstrap) {
        if (scores.length != traits.length || scores.length != texts.size()) {
            throw new IllegalArgumentException(
                    "scores, traits and texts have %s, %s and %s entries; they must be equal."
                            .formatted(scores.length, traits.length, texts.size()));
        }
        int[] valid = IntStream.range(0, scores.length)
                .filter(i -> Double.isFinite(scores[i]) && Double.isFinite(traits[i]))
                .toArray();
        Map<String, Integer> numbers = new LinkedHashMap<>();
        int[] prompts = Arrays.stream(valid)
                .map(i -> numbers.computeIfAbsent(texts.get(i), text -> numbers.size()))
                .toArray();
        double[] a = Arrays.stream(valid).mapToDouble(i -> scores[i]).toArray();
        double[] b = Arrays.stream(valid).mapToDouble(i -> traits[i]).toArray();
        int[] groups =
                numbers.size() > 1 ? prompts : IntStream.range(0, valid.length).toArray();
        Both all = new Both(a, b);
        Both apart = new Both(centred(a, prompts), centred(b, prompts));
        return new RewardBias(
                valid.length,
                numbers.size(),
                figure(bootstrap, groups, some -> all.picked(some).correlation()),
                figure(bootstrap, groups, some -> all.picked(some).ranks()),
                figure(bootstrap, groups, some -> apart.picked(some).correlation()));
    }

    private static Bootstrap.Figure figure(Bootstrap bootstrap, int[] groups, ToDoubleFunction<int[]> statistic) {
        return groups.length == 0 ? Bootstrap.Figure.NONE : bootstrap.figure(groups, statistic);
    }

    /** Returns the differences from the mean of each one's prompt. */
    private static double[] centred(double[] values, int[] prompts) {
        Map<Integer, double[]> sums = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            double[] sum = sums.computeIfAbsent(prompts[i], prompt -> new double[2]);
            sum[0] += values[i];
            sum[1]++;
        }
        double[] differences = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            double[] sum = sums.get(prompts[i]);
            double mean = sum[0] / sum[1];
            // What is left of equal numbers when their mean is taken off is rounding.
            boolean same = Math.abs(values[i] - mean) < ROUNDING * Math.abs(mean);
            differences[i] = same ? 0 : values[i] - mean;
        }
        return differences;
    }

    private record Both(double[] a, double[] b) {
        Both picked(int[] some) {
            return new Both(
                    Arrays.stream(some).mapToDouble(i -> a[i]).toArray(),
                    Arrays.stream(some).mapToDouble(i -> b[i]).toArray());
        }

        double ranks() {
            return RankCorrelation.spearman(a, b).orElse(Double.NaN);
        }

        double correlation() {
            double meanA = Arrays.stream(a).average().orElseThrow();
            double meanB = Arrays.stream(b).average().orElseThrow();
            double squaresA = 0;
            double squaresB = 0;
            double products = 0;
            for (int i = 0; i < a.length; i++) {
                squaresA += (a[i] - meanA) * (a[i] - meanA);
                squaresB += (b[i] - meanB) * (b[i] - meanB);
                products += (a[i] - meanA) * (b[i] - meanB);
            }
            return varied(a, meanA) && varied(b, meanB)
                    ? Math.max(-1, Math.min(1, products / Math.sqrt(squaresA * squaresB)))
                    : Double.NaN;
        }

        private static boolean varied(double[] values, double mean) {
            return Arrays.stream(values).anyMatch(value -> Math.abs(value - mean) > ROUNDING * Math.abs(mean));
        }
    }
}
