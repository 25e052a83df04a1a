package dev.sluice.rewards;

import dev.sluice.rewards.internal.sets.Eigen;
import dev.sluice.rewards.internal.sets.Spread;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;

/**
 * How sets of samples compare, by embeddings of any kind: a row for each sample, all of one length. Plain arithmetic in float64.
 */
public final class SetMeasures {
    private SetMeasures() {}

    /**
     * Returns Fréchet's distance of the normal distributions with the sets' means and covariances (divided by n − 1): ‖μ₁ − μ₂‖² +
     * tr Σ₁ + tr Σ₂ − 2 tr √(√Σ₁ Σ₂ √Σ₁), at least 0.
     *
     * <p>Source: Heusel et al. (2017), arXiv:1706.08500. Where a set has no more rows than columns, its covariance is shrunk by a
     * tenth to the identity times its mean variance.
     *
     * @throws IllegalArgumentException if a set has fewer than two rows, or rows differ in length
     */
    public static double frechet(double[][] one, double[][] other) {
        return Spread.distance(Spread.of(one), Spread.of(other));
    }

    /**
     * Returns the unbiased squared distance of the sets' means under the kernel (a·b/d + 1)³, which may be negative.
     *
     * <p>Source: Bińkowski et al. (2018), "Demystifying MMD GANs", arXiv:1801.01401.
     *
     * @throws IllegalArgumentException if a set has fewer than two rows, or rows differ in length
     */
    public static double kernelDistance(double[][] one, double[][] other) {
        requireSet(one, 2);
        requireSet(other, 2);
        double across = 0;
        for (double[] a : one) {
            for (double[] b : other) {
                across += kernel(a, b);
            }
        }
        return within(one) + within(other) - 2 * across / ((double) one.length * other.length);
    }

    private static double within(double[][] set) {
        double sum = 0;
        for (int i = 0; i < set.length; i++) {
            for (int j = 0; j < i; j++) {
                sum += kernel(set[i], set[j]);
            }
        }
        return 2 * sum / ((double) set.length * (set.length - 1));
    }

    private static double kernel(double[] a, double[] b) {
        double base = dot(a, b) / a.length + 1;
        return base * base * base;
    }

    /**
     * Returns the Vendi score: exp of the entropy of the eigenvalues of the matrix of cosines over n. From 1, if all samples are
     * alike, to n, if they have nothing in common.
     *
     * <p>Source: Friedman and Dieng (2022), arXiv:2210.02410.
     *
     * @param set rows of length 1
     * @throws IllegalArgumentException if the set is empty, or rows differ in length
     */
    public static double vendi(double[][] set) {
        requireSet(set, 1);
        double[][] cosines = new double[set.length][set.length];
        for (int i = 0; i < set.length; i++) {
            for (int j = 0; j < set.length; j++) {
                cosines[i][j] = dot(set[i], set[j]) / set.length;
            }
        }
        double entropy = 0;
        for (double value : Eigen.of(cosines).values()) {
            entropy -= value > 1e-15 ? value * Math.log(value) : 0;
        }
        return Math.exp(entropy);
    }

    /**
     * Returns what each sample adds to a measure of its set: the measure of all less that of all others.
     *
     * <p>Source: DRAGON (2025), arXiv:2504.15217, which rewards sets.
     *
     * @param measure of a set, higher for a better one
     * @param set at least two rows more than the measure needs
     */
    public static double[] leaveOneOut(ToDoubleFunction<double[][]> measure, double[][] set) {
        double whole = measure.applyAsDouble(set);
        double[] adds = new double[set.length];
        for (int i = 0; i < set.length; i++) {
            double[][] others = new double[set.length - 1][];
            System.arraycopy(set, 0, others, 0, i);
            System.arraycopy(set, i + 1, others, i, set.length - 1 - i);
            adds[i] = whole - measure.applyAsDouble(others);
        }
        return adds;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static void requireSet(double[][] set, int least) {
        if (set.length < least) {
            throw new IllegalArgumentException(
                    "The set has %s samples; at least %s are needed.".formatted(set.length, least));
        }
        if (Arrays.stream(set).anyMatch(row -> row.length != set[0].length)) {
            throw new IllegalArgumentException("The rows of the set differ in length; they must be equal.");
        }
    }
}
