package dev.sluice.cli.internal.compare;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;

/**
 * A mean over runs and how far they are apart.
 *
 * @param mean NaN if there is none
 * @param deviation of a sample, √(Σ (x − mean)²/(n − 1)); NaN with fewer than two runs
 * @param count of the runs
 */
public record Spread(double mean, double deviation, int count) {
    /** Returns the spread of those of the values that are finite. */
    public static Spread of(Collection<Double> values) {
        double[] finite = values.stream()
                .mapToDouble(Double::doubleValue)
                .filter(Double::isFinite)
                .toArray();
        double mean = Arrays.stream(finite).average().orElse(Double.NaN);
        double squares = Arrays.stream(finite).map(x -> (x - mean) * (x - mean)).sum();
        double deviation = finite.length < 2 ? Double.NaN : Math.sqrt(squares / (finite.length - 1));
        return new Spread(mean, deviation, finite.length);
    }

    /** Returns whether there is a mean. */
    boolean present() {
        return count > 0;
    }

    /** Returns the mean and, of several runs that are not all at one count, the deviation; a dash if there is none. */
    String text(String format) {
        if (!present()) {
            return "–";
        }
        String text = String.format(Locale.ROOT, format, mean);
        return count < 2 || deviation == 0 && !format.contains(".")
                ? text
                : text + " ± " + String.format(Locale.ROOT, format.replace("+", ""), deviation);
    }
}
