package dev.sluice.cli.internal.report;

import dev.sluice.cli.internal.PreferenceTable;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.rewards.Bootstrap;
import dev.sluice.rewards.Calibration;
import dev.sluice.rewards.PreferenceEvaluation;
import dev.sluice.rewards.RewardAgreement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Writes how well rewards agree with preferences, or with each other, as a page and as JSON. */
public final class PreferencePage {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private PreferencePage() {}

    /**
     * Writes {@code evaluation.html}, one file that needs nothing else, and {@code evaluation.json}.
     *
     * @param folder made if it is not there
     * @param pairs what the rewards were judged by
     * @param table the figures
     * @param found the same, by what is judged
     * @return the page
     */
    public static Path write(Path folder, String pairs, PreferenceTable table, Map<String, PreferenceEvaluation> found)
            throws IOException {
        StringBuilder body = new StringBuilder();
        body.append("<header><h1>Rewards and preferences</h1><p>%s. Intervals of 95%%, over prompts.</p></header>"
                .formatted(Html.escape(pairs)));
        List<List<String>> cells = table.cells().stream()
                .map(row -> row.stream()
                        .map(cell -> Html.escape(cell.replaceFirst("^>", "")))
                        .toList())
                .toList();
        body.append("<section>")
                .append(Html.table(cells.get(0), cells.subList(1, cells.size())))
                .append("</section><section class='charts'>");
        found.forEach((name, one) -> Html.figure(
                body,
                Html.escape(name) + ": calibration",
                "How sure the reward is of a pair to the right, how often it is right upwards; the straight line is"
                        + " what it should be.",
                reliability(one.calibration())));
        body.append("</section>");
        Path page = folder.resolve("evaluation.html");
        AtomicFiles.file(page, Html.page("Rewards and preferences", body).getBytes(StandardCharsets.UTF_8));
        Map<String, Object> all = new LinkedHashMap<>();
        found.forEach((name, one) -> all.put(name, json(one)));
        AtomicFiles.file(
                folder.resolve("evaluation.json"),
                JSON.writeValueAsString(Map.of("pairs", pairs, "rewards", all)).getBytes(StandardCharsets.UTF_8));
        return page;
    }

    private static String reliability(Calibration calibration) {
        if (calibration.bins().isEmpty()) {
            return "";
        }
        List<Chart.Point> points = new ArrayList<>();
        for (Calibration.Bin bin : calibration.bins()) {
            // Two deviations of a share of so many.
            double deviation = 2 * Math.sqrt(bin.right() * (1 - bin.right()) / bin.count());
            double low = Math.max(0, bin.right() - deviation);
            double high = Math.min(1, Math.max(bin.right() + deviation, Math.nextUp(bin.right())));
            points.add(new Chart.Point(bin.sure(), bin.right(), low, high));
        }
        List<Chart.Point> straight = List.of(new Chart.Point(0.5, 0.5), new Chart.Point(1, 1));
        return Chart.lines(
                "calibration",
                "sure",
                List.of(new Chart.Series("", straight, "c7 faint"), new Chart.Series("", points, "c0")));
    }

    private static Map<String, Object> json(PreferenceEvaluation one) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("pairs", one.pairs());
        json.put("ties", one.ties());
        put(json, "accuracy", one.accuracy());
        put(json, "accuracyWithTies", one.withTies());
        if (!one.calibration().bins().isEmpty()) {
            json.put("calibrationError", one.calibration().error());
            json.put("brier", one.calibration().brier());
            json.put("surprise", one.calibration().surprise());
            json.put("bins", one.calibration().bins());
        }
        put(json, "kendall", one.kendall());
        put(json, "spearman", one.spearman());
        put(json, "area", one.area());
        put(json, "areaWithinGenerators", one.generatorArea());
        return json;
    }

    private static void put(Map<String, Object> json, String name, Bootstrap.Figure figure) {
        json.put(name, figure.known() ? figure : null);
    }

    /**
     * Writes {@code comparison.json}.
     *
     * @param folder made if it is not there
     * @param found by both rewards
     * @return the file
     */
    public static Path write(Path folder, Map<List<String>, RewardAgreement> found) throws IOException {
        List<Map<String, Object>> all = new ArrayList<>();
        found.forEach((pair, agreement) -> {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("rewards", pair);
            json.put("items", agreement.samples());
            json.put("prompts", agreement.prompts());
            put(json, "kendall", agreement.kendall());
            put(json, "spearman", agreement.spearman());
            put(json, "sameOrder", agreement.sameOrder());
            put(json, "sameBest", agreement.sameBest());
            put(json, "starc", agreement.starc());
            all.add(json);
        });
        Path file = folder.resolve("comparison.json");
        AtomicFiles.file(file, JSON.writeValueAsString(all).getBytes(StandardCharsets.UTF_8));
        return file;
    }
}
