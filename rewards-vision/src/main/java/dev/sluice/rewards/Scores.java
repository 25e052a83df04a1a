package dev.sluice.rewards;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One score for each sample; a sample that could not be scored has NaN and a reason.
 *
 * @param values higher is better; NaN where {@code reasons} has the index
 * @param reasons why a sample has no score, by index; empty if all have one
 * @param parts what a combined score is made of, by name and before its weight, one value for each sample; empty if it is one
 *     piece
 */
public record Scores(double[] values, Map<Integer, String> reasons, Map<String, double[]> parts) {
    public Scores {
        for (int i = 0; i < values.length; i++) {
            if (!Double.isFinite(values[i]) && !reasons.containsKey(i)) {
                Map<Integer, String> all = new LinkedHashMap<>(reasons);
                all.put(i, "the score is " + values[i]);
                reasons = all;
                values = values.clone();
                values[i] = Double.NaN;
            }
        }
        reasons = Collections.unmodifiableMap(new LinkedHashMap<>(reasons));
        parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
    }

    /** Creates scores of one piece. */
    public Scores(double[] values, Map<Integer, String> reasons) {
        this(values, reasons, Map.of());
    }

    /** Returns finite scores, all valid. */
    public static Scores of(double... values) {
        return new Scores(values, Map.of());
    }

    /** Returns the number of samples. */
    public int size() {
        return values.length;
    }

    /** Returns whether the sample has a score. */
    public boolean valid(int index) {
        return !reasons.containsKey(index);
    }
}
