package dev.sluice.grpo;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.IntStream;

/**
 * The advantage of every sample at every trained step.
 *
 * <p>Several losses can share one ratio, see {@link Combination#LOSS_SUM}. Of their advantages only two sums count, that of the
 * positive ones, which praise the sample, and that of the negative ones, which blame it: Σ_m max(−A^m·ρ, −A^m·clip(ρ)) =
 * −praise·min(ρ, 1 + above) + blame·max(ρ, 1 − below). They are kept as their difference, the value, and the lesser of the two.
 *
 * @param values a row for each sample, a column for each trained step; finite
 * @param opposed for each value how much praise and blame have made up for each other in it, at least 0; 0 for one loss
 */
public record Advantages(double[][] values, double[][] opposed) {
    /** Advantages of one loss. */
    public Advantages(double[][] values) {
        this(values, map(values, values, (a, b) -> 0));
    }

    /**
     * The advantages of samples of a micro-batch at one step.
     *
     * @param rows the samples' places in the micro-batch; others are not learned from
     * @param values one for each of them
     * @param opposed one for each of them
     */
    record Column(int[] rows, double[] values, double[] opposed) {
        /** Returns the advantages of a whole micro-batch with one loss. */
        static Column whole(double... values) {
            return new Column(IntStream.range(0, values.length).toArray(), values, new double[values.length]);
        }

        /** Returns those of a micro-batch's values that belong to the rows. */
        double[] of(double[] all) {
            return Arrays.stream(rows).mapToDouble(row -> all[row]).toArray();
        }

        /** Returns the rows' values in their places, and 0 elsewhere. */
        double[] spread(double[] some, int size) {
            double[] all = new double[size];
            for (int j = 0; j < rows.length; j++) {
                all[rows[j]] = some[j];
            }
            return all;
        }
    }

    /** Returns these advantages cut to [−limit, limit]; what has made up for each other stays. */
    public Advantages clipped(double limit) {
        return new Advantages(map(values, values, (a, b) -> Math.min(Math.max(a, -limit), limit)), opposed);
    }

    /** Returns the sums with others of the same samples and steps, for one loss of both. */
    Advantages plus(Advantages others) {
        return new Advantages(map(values, others.values, Double::sum), map(opposed, others.opposed, Double::sum));
    }

    /** Returns these advantages and others of the same samples and steps, each with a loss of its own. */
    Advantages beside(Advantages others) {
        double[][] praise = map(praise(1), others.praise(1), Double::sum);
        double[][] blame = map(praise(-1), others.praise(-1), Double::sum);
        return new Advantages(map(values, others.values, Double::sum), map(praise, blame, Math::min));
    }

    /** Returns what speaks for samples, or with sign −1 against them. */
    private double[][] praise(int sign) {
        return map(values, opposed, (value, both) -> Math.max(sign * value, 0) + both);
    }

    /** Returns these advantages times a weight. */
    Advantages times(double weight) {
        return new Advantages(
                map(values, values, (a, b) -> weight * a), map(opposed, opposed, (a, b) -> Math.abs(weight) * a));
    }

    /** Returns those of the first samples. */
    Advantages first(int samples) {
        return new Advantages(Arrays.copyOf(values, samples), Arrays.copyOf(opposed, samples));
    }

    private static double[][] map(double[][] a, double[][] b, DoubleBinaryOperator of) {
        double[][] results = new double[a.length][];
        for (int i = 0; i < results.length; i++) {
            results[i] = new double[a[i].length];
            for (int k = 0; k < results[i].length; k++) {
                results[i][k] = of.applyAsDouble(a[i][k], b[i][k]);
            }
        }
        return results;
    }

    /** Returns whether a sample's advantages are all exactly 0, so that it teaches nothing. */
    public boolean zero(int sample) {
        return Arrays.stream(values[sample]).allMatch(value -> value == 0)
                && Arrays.stream(opposed[sample]).allMatch(value -> value == 0);
    }

    /** Returns the share of samples whose advantages are all exactly 0. */
    public double zeroShare() {
        long zeros = IntStream.range(0, values.length).filter(this::zero).count();
        return values.length == 0 ? 0 : (double) zeros / values.length;
    }

    /** Returns the mean of A of a sample over its steps; 0 if there are none. */
    public double mean(int sample) {
        double sum = 0;
        for (double value : values[sample]) {
            sum += value;
        }
        return sum / Math.max(1, values[sample].length);
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
        return IntStream.range(first, first + count)
                .mapToDouble(i -> values[i][trainedStep])
                .toArray();
    }

    /** Returns one trained step's advantages of the rows of a micro-batch whose first sample has the number {@code first}. */
    Column column(int first, int[] rows, int trainedStep) {
        return new Column(
                rows,
                Arrays.stream(rows)
                        .mapToDouble(row -> values[first + row][trainedStep])
                        .toArray(),
                Arrays.stream(rows)
                        .mapToDouble(row -> opposed[first + row][trainedStep])
                        .toArray());
    }
}
