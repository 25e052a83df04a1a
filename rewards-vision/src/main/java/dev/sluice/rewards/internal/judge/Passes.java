package dev.sluice.rewards.internal.judge;

import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Scores of samples from the verdicts on them. */
final class Passes {
    /** How far the passes over a sample differ, as a part of its scores. */
    static final String DEVIATION = "deviation";

    private Passes() {}

    /**
     * What a sample earns.
     *
     * @param value its score
     * @param parts what it is made of
     */
    record Earned(double value, Map<String, Double> parts) {}

    /** Returns the scores of samples; one whose verdicts are worth nothing, which a message says, has a reason. */
    static <V> Scores scores(List<Sample> samples, List<V> verdicts, Function<V, Earned> worth) {
        double[] values = new double[samples.size()];
        Map<Integer, String> reasons = new LinkedHashMap<>();
        Map<String, double[]> parts = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            try {
                Earned earned = worth.apply(verdicts.get(i));
                values[i] = earned.value;
                int sample = i;
                earned.parts.forEach(
                        (name, part) -> parts.computeIfAbsent(name, n -> missing(values.length))[sample] = part);
            } catch (AnswerFault e) {
                values[i] = Double.NaN;
                reasons.put(i, e.getMessage());
            }
        }
        return new Scores(values, reasons, parts);
    }

    private static double[] missing(int size) {
        double[] values = new double[size];
        Arrays.fill(values, Double.NaN);
        return values;
    }

    /** Returns what the valid ones of verdicts hold; if none is valid, the first fault is thrown. */
    static <T> List<T> valid(List<Judge.Verdict<T>> verdicts) {
        List<T> values = verdicts.stream()
                .filter(Judge.Verdict::valid)
                .map(Judge.Verdict::value)
                .toList();
        if (values.isEmpty()) {
            throw new AnswerFault(verdicts.get(0).fault());
        }
        return values;
    }

    /**
     * Returns how far the first of two wins, in [0, 1], or why that is not known.
     *
     * @param orders what was said of (first, second) and, if both orders were asked, of (second, first)
     */
    static Judge.Verdict<Double> win(List<Judge.Verdict<Double>> orders) {
        for (Judge.Verdict<Double> order : orders) {
            if (!order.valid()) {
                return order;
            }
        }
        double first = orders.get(0).value();
        return new Judge.Verdict<>(
                orders.size() == 1 ? first : (first + 1 - orders.get(1).value()) / 2, "");
    }

    static <T> double mean(List<T> values, ToDoubleFunction<T> of) {
        return values.stream().mapToDouble(of).average().orElseThrow();
    }

    /** Returns the deviation, by the number of values. */
    static <T> double deviation(List<T> values, ToDoubleFunction<T> of) {
        double mean = mean(values, of);
        return Math.sqrt(mean(values, value -> Math.pow(of.applyAsDouble(value) - mean, 2)));
    }
}
