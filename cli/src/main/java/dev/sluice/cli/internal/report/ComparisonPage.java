package dev.sluice.cli.internal.report;

import dev.sluice.cli.internal.compare.Axis;
import dev.sluice.cli.internal.compare.Comparison;
import dev.sluice.cli.internal.compare.ComparisonCsv;
import dev.sluice.cli.internal.compare.RunGroup;
import dev.sluice.cli.internal.compare.RunHistory;
import dev.sluice.cli.internal.compare.Sheet;
import dev.sluice.flow.AtomicFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Writes runs side by side: {@code comparison.html}, one file that needs nothing else, and {@code comparison.csv}. */
public final class ComparisonPage {
    private static final List<Axis> COSTS = List.of(Axis.UPDATES, Axis.SAMPLES, Axis.PASSES, Axis.SECONDS);
    private static final String BAND = "The band is one deviation between seeds to each side.";

    private final Comparison comparison;

    private ComparisonPage(Comparison comparison) {
        this.comparison = comparison;
    }

    /**
     * Writes both files.
     *
     * @param folder made if it is not there
     * @param title the page's
     * @return the page
     */
    public static Path write(Path folder, String title, Comparison comparison) throws IOException {
        Path page = folder.resolve("comparison.html");
        AtomicFiles.file(page, new ComparisonPage(comparison).html(title).getBytes(StandardCharsets.UTF_8));
        AtomicFiles.file(
                folder.resolve("comparison.csv"), ComparisonCsv.of(comparison).getBytes(StandardCharsets.UTF_8));
        return page;
    }

    private String html(String title) throws IOException {
        StringBuilder body = new StringBuilder();
        body.append("<header><h1>%s</h1><p>%s runs in %s groups.</p></header>"
                .formatted(
                        Html.escape(title),
                        comparison.runs().size(),
                        comparison.groups().size()));
        comparison.sheets().forEach(sheet -> body.append(section(sheet)));
        body.append("<section class='charts'>");
        for (Axis axis : COSTS) {
            Html.figure(
                    body,
                    "Test score by " + axis.word(),
                    BAND,
                    chart(axis, group -> group.tests(axis, RunHistory.Test::score)));
        }
        for (Axis axis : COSTS) {
            Html.figure(
                    body,
                    "Training reward by " + axis.word(),
                    "Mean reward of an iteration's samples, smoothed over a twentieth of the run. " + BAND,
                    chart(axis, group -> group.iterations(axis, RunHistory.Iteration::reward)));
        }
        monitors(body);
        body.append("</section>");
        body.append(runs());
        return Html.page(title, body);
    }

    private void monitors(StringBuilder body) {
        Html.figure(
                body,
                "Proxy against gold",
                "Training reward, mean since the last test, to the right; test score upwards. A curve that goes right and "
                        + "down is a reward that is being hacked.",
                chart("training reward", RunGroup::proxyAgainstGold));
        iterations(body, "KL to the reference", "Nats for each latent element.", RunHistory.Iteration::kl);
        iterations(
                body,
                "Approximate KL to the sampling policy",
                "Half the mean square of the log ratios of new to old policy.",
                RunHistory.Iteration::approximateKl);
        iterations(body, "Clipped ratios", "Share beyond the clip range.", RunHistory.Iteration::clipped);
        iterations(
                body,
                "Rewards within a group",
                "Mean over the groups of their deviation; at 0 nothing can be learned.",
                RunHistory.Iteration::rewardDeviation);
        for (String judge : comparison.judges()) {
            Html.figure(
                    body,
                    "Test by " + Html.escape(judge),
                    "Mean over the test samples, before the judge's weight. " + BAND,
                    chart(Axis.UPDATES, group -> group.tests(Axis.UPDATES, test -> test.part(judge))));
        }
        Html.figure(
                body,
                "Diversity",
                "Mean distance of the test pictures of one prompt.",
                chart(Axis.UPDATES, group -> group.tests(Axis.UPDATES, RunHistory.Test::diversity)));
    }

    private void iterations(
            StringBuilder body, String title, String caption, ToDoubleFunction<RunHistory.Iteration> value) {
        boolean measured = comparison.runs().stream()
                .flatMap(run -> run.iterations().stream())
                .anyMatch(iteration -> value.applyAsDouble(iteration) != 0);
        if (measured) {
            Html.figure(body, title, caption, chart(Axis.UPDATES, group -> group.iterations(Axis.UPDATES, value)));
        }
    }

    private String chart(Axis axis, Function<RunGroup, List<RunGroup.Point>> curve) {
        return chart(axis.word(), curve);
    }

    private String chart(String x, Function<RunGroup, List<RunGroup.Point>> curve) {
        List<Chart.Series> series = new ArrayList<>();
        for (int i = 0; i < comparison.groups().size(); i++) {
            RunGroup group = comparison.groups().get(i);
            List<Chart.Point> points =
                    curve.apply(group).stream().map(ComparisonPage::point).toList();
            if (points.size() > 1) {
                series.add(new Chart.Series(group.name(), points, Chart.Series.style(i) + " band"));
            }
        }
        return series.isEmpty() ? "" : Chart.lines("Curves by " + x, x, series);
    }

    private static Chart.Point point(RunGroup.Point point) {
        double mean = point.value().mean();
        double deviation =
                Double.isNaN(point.value().deviation()) ? 0 : point.value().deviation();
        return new Chart.Point(point.at(), mean, mean - deviation, mean + deviation);
    }

    private static String section(Sheet sheet) {
        List<String> head = sheet.names().stream().map(Html::escape).toList();
        List<List<String>> rows = sheet.rows().stream()
                .map(row -> row.stream().map(Html::escape).toList())
                .toList();
        return "<section><h2>%s</h2><div class='scroll'>%s</div><p class='note'>%s</p></section>"
                .formatted(Html.escape(sheet.title()), Html.table(head, rows), Html.escape(sheet.note()));
    }

    private String runs() {
        String lines = comparison.groups().stream()
                .flatMap(group -> group.runs().stream()
                        .map(run -> "%s: %s, seed %s".formatted(group.name(), run.folder(), run.seed())))
                .map(Html::escape)
                .collect(Collectors.joining("\n"));
        return "<details><summary>Runs</summary><pre>%s</pre></details>".formatted(lines);
    }
}
