package dev.sluice.cli.internal.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/**
 * How the arm moves in the videos of a run's evaluations, as the exact judge reads them.
 *
 * @param evaluations the lines of {@code evaluation.jsonl}
 */
record Motion(List<JsonNode> evaluations) {
    private static final String MOTION = "motion";
    private static final List<String> CURVES = List.of("velocity", "acceleration", "jerk");

    void addTo(StringBuilder body) {
        List<JsonNode> judged = evaluations.stream()
                .filter(line -> line.path(MOTION).isObject())
                .toList();
        if (judged.isEmpty()) {
            return;
        }
        JsonNode first = judged.get(0).path(MOTION);
        JsonNode last = judged.get(judged.size() - 1).path(MOTION);
        for (String curve : CURVES) {
            String title = curve.substring(0, 1).toUpperCase(Locale.ROOT) + curve.substring(1);
            List<Chart.Series> series = List.of(
                    new Chart.Series("before", along(first.path(curve)), "c1"),
                    new Chart.Series("after", along(last.path(curve)), "c2"));
            Html.figure(
                    body,
                    title + " of the joints",
                    "Mean over test videos and both joints, by frame, as a share of the joint's limit.",
                    Chart.lines(title + " by frame", "frame", series));
        }
        if (judged.size() > 1) {
            Html.figure(
                    body,
                    "What keeps videos from being executed",
                    "Share of the test videos with each fault, by the exact judge.",
                    Chart.lines("Faults by iteration", faults(judged)));
        }
        Html.figure(
                body,
                "Videos before and after",
                "Shares of the test videos. Visual: looks like the arm and ends where the prompt says.",
                table(first, last));
    }

    private static List<Chart.Point> along(JsonNode values) {
        List<Chart.Point> points = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            points.add(new Chart.Point(i + 1.0, values.path(i).asDouble()));
        }
        return points;
    }

    private static List<Chart.Series> faults(List<JsonNode> judged) {
        List<Chart.Series> series = new ArrayList<>();
        for (String fault : judged.get(0).path(MOTION).path("faults").propertyNames()) {
            List<Chart.Point> points = judged.stream()
                    .map(line -> new Chart.Point(
                            line.path(RunData.STEP).asDouble(),
                            line.path(MOTION).path("faults").path(fault).asDouble()))
                    .toList();
            series.add(new Chart.Series(fault, points, Chart.Series.style(series.size())));
        }
        return series;
    }

    private static String table(JsonNode first, JsonNode last) {
        List<List<String>> rows = new ArrayList<>();
        for (String fault : last.path("faults").propertyNames()) {
            rows.add(List.of(
                    "fault: " + fault,
                    number(first.path("faults").path(fault)),
                    number(last.path("faults").path(fault))));
        }
        for (String score : List.of("visual", "arrived")) {
            rows.add(List.of(score, number(first.path(score)), number(last.path(score))));
        }
        return Html.table(List.of("", "before", "after"), rows);
    }

    private static String number(JsonNode value) {
        return String.format(Locale.ROOT, "%.3f", value.asDouble());
    }
}
