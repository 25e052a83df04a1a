package dev.sluice.cli.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The test scores of a run before and after it.
 *
 * @param before the first line of {@code evaluation.jsonl}
 * @param after the last line of it
 */
public record Outcome(Map<String, Object> before, Map<String, Object> after) {
    private static final String ROW = "%-20s  %-20s  %-20s  %s";

    /** Reads the ends of a run's evaluations. */
    public static Outcome read(Path evaluations) throws IOException {
        List<Map<String, Object>> lines = JsonLines.read(evaluations);
        if (lines.isEmpty()) {
            throw new IOException("%s has no evaluation.".formatted(evaluations));
        }
        return new Outcome(lines.get(0), lines.get(lines.size() - 1));
    }

    /** Returns the table by task, all tasks last, with 95% confidence intervals. */
    public List<String> table() {
        List<String> lines = new ArrayList<>();
        lines.add(ROW.formatted("test prompts", "before", "after", "change"));
        object(after, "tasks")
                .forEach((task, score) ->
                        lines.add(row(task.replace('_', ' '), object(object(before, "tasks"), task), asObject(score))));
        if (after.get("unseen") != null) {
            lines.add(row("unseen combinations", object(before, "unseen"), object(after, "unseen")));
        }
        lines.add(row("all", before, after));
        return lines;
    }

    private static String row(String name, Map<String, Object> was, Map<String, Object> is) {
        double change = number(is, "score") - number(was, "score");
        return ROW.formatted(name, interval(was), interval(is), String.format(Locale.ROOT, "%+.3f", change))
                .stripTrailing();
    }

    private static String interval(Map<String, Object> score) {
        return String.format(
                Locale.ROOT,
                "%.3f (%.2f to %.2f)",
                number(score, "score"),
                number(score, "low"),
                number(score, "high"));
    }

    private static double number(Map<String, Object> map, String key) {
        return map.get(key) instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    private static Map<String, Object> object(Map<String, Object> map, String key) {
        return asObject(map.get(key));
    }

    @SuppressWarnings("unchecked") // JSON objects have texts for keys
    private static Map<String, Object> asObject(Object value) {
        return value instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
    }
}
