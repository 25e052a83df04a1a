package dev.sluice.grpo;

import java.util.Arrays;

/**
 * The advantage of every sample at every trained step.
 *
 * @param values a row for each sample, a column for each trained step; finite
 */
public record Advantages(double[][] values) {
    /** Returns these advantages cut to [−limit, limit]. */
    public Advantages clipped(double limit) {
        double[][] cut = new double[values.length][];
        for (int i = 0; i < cut.length; i++) {
            cut[i] = values[i].clone();
            for (int k = 0; k < cut[i].length; k++) {
                cut[i][k] = Math.min(Math.max(cut[i][k], -limit), limit);
            }
        }
        return new Advantages(cut);
    }

    /** Returns the sums with others of the same samples and steps. */
    Advantages plus(Advantages others) {
        double[][] sums = new double[values.length][];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = values[i].clone();
            for (int k = 0; k < sums[i].length; k++) {
                sums[i][k] += others.values[i][k];
            }
        }
        return new Advantages(sums);
    }

    /** Returns these advantages times a weight. */
    Advantages times(double weight) {
        double[][] products = new double[values.length][];
        for (int i = 0; i < products.length; i++) {
            products[i] = Arrays.stream(values[i]).map(value -> weight * value).toArray();
        }
        return new Advantages(products);
    }

    /** Returns those of the first samples. */
    Advantages first(int samples) {
        return new Advantages(Arrays.copyOf(values, samples));
    }

    /** Returns whether a sample's advantages are all exactly 0. */
    public boolean zero(int sample) {
        for (double value : values[sample]) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    /** Returns the share of samples whose advantages are all exactly 0. */
    public double zeroShare() {
        int zeros = 0;
        for (int i = 0; i < values.length; i++) {
            zeros += zero(i) ? 1 : 0;
        }
        return values.length == 0 ? 0 : (double) zeros / values.length;
    }

    /** Returns the mean of |A| over samples and steps. */
    public double meanMagnitude() {
        double sum = 0;
        int count = 0;
        for (double[] row : values) {
            for (double value : row) {
                sum += Math.abs(value);
                count++;
            }
        }
        return count == 0 ? 0 : sum / count;
    }

    /** Returns the largest |A|. */
    public double largestMagnitude() {
        double most = 0;
        for (double[] row : values) {
            for (double value : row) {
                most = Math.max(most, Math.abs(value));
            }
        }
        return most;
    }

    /** Returns one trained step's advantages of consecutive samples. */
    public double[] column(int first, int count, int trainedStep) {
        double[] column = new double[count];
        for (int i = 0; i < count; i++) {
            column[i] = values[first + i][trainedStep];
        }
        return column;
    }
}
