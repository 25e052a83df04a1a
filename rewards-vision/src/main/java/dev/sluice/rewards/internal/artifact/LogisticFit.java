package dev.sluice.rewards.internal.artifact;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A logistic regression on squares: how far each number lies above and below those of the good ones, in their deviations. No
 * weight is above 0, and those that nothing was learned of stay at a small one: whatever is unusual lowers the probability, also in
 * ways that none of the bad ones had.
 *
 * @param mean of the good ones
 * @param deviation of the good ones, above 0
 * @param weights two for each number, for what lies above and below; at most 0
 * @param bias added to them
 * @param temperature what the sum is divided by, so that probabilities are right on what was not learned from
 */
public record LogisticFit(double[] mean, double[] deviation, double[] weights, double bias, double temperature) {
    private static final double MOST = 5;
    private static final double LEAST_DEVIATION = 0.01;
    private static final int STEPS = 300;
    private static final double RATE = 0.05;
    private static final double DECAY = 3e-3;
    private static final double UNLEARNED = -0.15;
    private static final double SMOOTHING = 0.05;

    /** Fits it; every fifth of both kinds is kept for the temperature. */
    public static LogisticFit of(List<double[]> good, List<double[]> bad) {
        int size = good.get(0).length;
        double[] mean = new double[size];
        double[] deviation = new double[size];
        for (int k = 0; k < size; k++) {
            int number = k;
            double average =
                    good.stream().mapToDouble(row -> row[number]).average().orElseThrow();
            double variance = good.stream()
                    .mapToDouble(row -> (row[number] - average) * (row[number] - average))
                    .average()
                    .orElseThrow();
            mean[k] = average;
            deviation[k] = Math.sqrt(variance) + LEAST_DEVIATION;
        }
        LogisticFit start = new LogisticFit(mean, deviation, new double[2 * size], 0, 1);
        List<double[]> rows = new ArrayList<>();
        List<double[]> kept = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        List<Integer> keptLabels = new ArrayList<>();
        for (int i = 0; i < good.size() + bad.size(); i++) {
            boolean clean = i < good.size();
            double[] row = start.inputs(clean ? good.get(i) : bad.get(i - good.size()));
            (i % 5 == 4 ? kept : rows).add(row);
            (i % 5 == 4 ? keptLabels : labels).add(clean ? 1 : 0);
        }
        return start.descended(rows, labels).cooled(kept, keptLabels);
    }

    private double[] inputs(double[] numbers) {
        double[] inputs = new double[2 * numbers.length];
        for (int k = 0; k < numbers.length; k++) {
            double z = Math.max(-MOST, Math.min(MOST, (numbers[k] - mean[k]) / deviation[k]));
            inputs[2 * k] = z > 0 ? z * z / MOST : 0;
            inputs[2 * k + 1] = z < 0 ? z * z / MOST : 0;
        }
        return inputs;
    }

    private static double logit(double[] weights, double bias, double[] inputs) {
        double sum = bias;
        for (int k = 0; k < inputs.length; k++) {
            sum += weights[k] * inputs[k];
        }
        return sum;
    }

    private static double sigmoid(double z) {
        return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
    }

    /** Adam on the whole of it, with smoothed labels and both kinds weighing the same. */
    private LogisticFit descended(List<double[]> rows, List<Integer> labels) {
        int size = weights.length;
        double[] w = new double[size + 1];
        Arrays.fill(w, 0, size, UNLEARNED);
        double[] first = new double[size + 1];
        double[] second = new double[size + 1];
        double ones = labels.stream().mapToInt(Integer::intValue).sum();
        double[] share = {0.5 / (labels.size() - ones), 0.5 / ones};
        for (int step = 1; step <= STEPS; step++) {
            double[] gradient = new double[size + 1];
            for (int i = 0; i < rows.size(); i++) {
                double[] row = rows.get(i);
                double target = labels.get(i) == 1 ? 1 - SMOOTHING : SMOOTHING;
                double error = (sigmoid(logit(w, w[size], row)) - target) * share[labels.get(i)];
                for (int k = 0; k < size; k++) {
                    gradient[k] += error * row[k];
                }
                gradient[size] += error;
            }
            double rate = RATE * 0.5 * (1 + Math.cos(Math.PI * step / STEPS));
            for (int k = 0; k <= size; k++) {
                double slope = gradient[k] + (k < size ? DECAY * (w[k] - UNLEARNED) : 0);
                first[k] = 0.9 * first[k] + 0.1 * slope;
                second[k] = 0.999 * second[k] + 0.001 * slope * slope;
                double m = first[k] / (1 - Math.pow(0.9, step));
                double v = second[k] / (1 - Math.pow(0.999, step));
                w[k] -= rate * m / (Math.sqrt(v) + 1e-8);
                w[k] = k < size ? Math.min(0, w[k]) : w[k];
            }
        }
        return new LogisticFit(mean, deviation, Arrays.copyOf(w, size), w[size], 1);
    }

    /** Chooses the temperature with the least negative log-likelihood, by golden sections of its logarithm. */
    private LogisticFit cooled(List<double[]> rows, List<Integer> labels) {
        double low = Math.log(0.1);
        double high = Math.log(10);
        double ratio = (Math.sqrt(5) - 1) / 2;
        while (high - low > 1e-4) {
            double a = high - ratio * (high - low);
            double b = low + ratio * (high - low);
            if (loss(rows, labels, Math.exp(a)) < loss(rows, labels, Math.exp(b))) {
                high = b;
            } else {
                low = a;
            }
        }
        return new LogisticFit(mean, deviation, weights, bias, Math.exp((low + high) / 2));
    }

    private double loss(List<double[]> rows, List<Integer> labels, double at) {
        double sum = 0;
        for (int i = 0; i < rows.size(); i++) {
            double z = logit(weights, bias, rows.get(i)) / at * (labels.get(i) == 1 ? -1 : 1);
            sum += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
        }
        return sum;
    }

    /** Returns the probability that numbers are good ones. */
    public double probability(double[] numbers) {
        return sigmoid(logit(weights, bias, inputs(numbers)) / temperature);
    }
}
