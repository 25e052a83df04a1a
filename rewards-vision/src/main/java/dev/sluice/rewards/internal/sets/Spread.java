package dev.sluice.rewards.internal.sets;

import java.util.Arrays;

/**
 * Where a set of embeddings lies and how far it spreads.
 *
 * @param mean of the rows
 * @param covariance divided by n − 1
 */
public record Spread(double[] mean, double[][] covariance) {
    private static final double SHRINK = 0.1;

    /** Returns the spread of a set; with no more rows than columns, the covariance is shrunk. */
    public static Spread of(double[][] set) {
        if (set.length < 2) {
            throw new IllegalArgumentException("The set has %s samples; at least 2 are needed.".formatted(set.length));
        }
        int size = set[0].length;
        double[] mean = new double[size];
        for (double[] row : set) {
            if (row.length != size) {
                throw new IllegalArgumentException("The rows of the set differ in length; they must be equal.");
            }
            for (int i = 0; i < size; i++) {
                mean[i] += row[i] / set.length;
            }
        }
        double[][] covariance = new double[size][size];
        for (double[] row : set) {
            for (int i = 0; i < size; i++) {
                for (int j = 0; j < size; j++) {
                    covariance[i][j] += (row[i] - mean[i]) * (row[j] - mean[j]) / (set.length - 1);
                }
            }
        }
        return new Spread(mean, set.length > size ? covariance : shrunk(covariance));
    }

    private static double[][] shrunk(double[][] covariance) {
        double average = trace(covariance) / covariance.length;
        double[][] shrunk = new double[covariance.length][covariance.length];
        for (int i = 0; i < shrunk.length; i++) {
            for (int j = 0; j < shrunk.length; j++) {
                shrunk[i][j] = (1 - SHRINK) * covariance[i][j] + (i == j ? SHRINK * average : 0);
            }
        }
        return shrunk;
    }

    private static double trace(double[][] matrix) {
        double sum = 0;
        for (int i = 0; i < matrix.length; i++) {
            sum += matrix[i][i];
        }
        return sum;
    }

    /** Returns Fréchet's distance of two normal distributions. */
    public static double distance(Spread one, Spread other) {
        double[][] root = Eigen.of(one.covariance).root();
        double[][] product = times(times(root, other.covariance), root);
        double common = Arrays.stream(Eigen.of(product).values())
                .map(value -> Math.sqrt(Math.max(0, value)))
                .sum();
        double between = 0;
        for (int i = 0; i < one.mean.length; i++) {
            between += (one.mean[i] - other.mean[i]) * (one.mean[i] - other.mean[i]);
        }
        return Math.max(0, between + trace(one.covariance) + trace(other.covariance) - 2 * common);
    }

    private static double[][] times(double[][] a, double[][] b) {
        int size = a.length;
        double[][] c = new double[size][size];
        for (int i = 0; i < size; i++) {
            for (int k = 0; k < size; k++) {
                for (int j = 0; j < size; j++) {
                    c[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return c;
    }
}
