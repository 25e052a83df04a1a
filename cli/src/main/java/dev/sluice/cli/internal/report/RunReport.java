package dev.sluice.cli.internal.report;

import dev.sluice.flow.AtomicFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Writes a run's {@code report.html}: one file that needs nothing else, light or dark as the reader's system is. */
public final class RunReport {
    private static final List<String> PHASES = List.of("rollout", "decode", "wait", "update");
    private static final int GRID = 48;

    private final RunData run;
    private final GallerySection gallery;

    private RunReport(RunData run, GallerySection gallery) {
        this.run = run;
        this.gallery = gallery;
    }

    /**
     * Reads a run's folder and writes its report into it.
     *
     * @return the report's file
     * @throws IOException if the folder is not a run's, or a file in it is broken
     */
    public static Path write(Path folder) throws IOException {
        Path file = folder.resolve("report.html");
        String html = new RunReport(RunData.read(folder), GallerySection.read(folder)).html();
        AtomicFiles.file(file, html.getBytes(StandardCharsets.UTF_8));
        return file;
    }

    private String html() throws IOException {
        StringBuilder body = new StringBuilder();
        body.append("<header><h1>%s</h1>%s</header>".formatted(Html.escape(run.name()), summary()));
        body.append(beforeAndAfter());
        body.append(grids());
        body.append(gallery.html());
        body.append("<section class='charts'>");
        Html.figure(
                body, "Score", "Mean reward of each iteration's samples, and the score on the test prompts.", scores());
        divergence(body);
        Html.figure(
                body,
                "Distance to the start",
                "Mean square of the difference of velocities to those of the model that the run started from, along the way"
                        + " of a few test prompts.",
                distance());
        new Motion(run.evaluations()).addTo(body);
        new Monitors(run).addTo(body);
        if (pretraining()) {
            // The policy loss of an alignment run has no meaning by itself; that of pretraining has.
            Html.figure(body, "Loss", "Mean squared error of the velocity.", one("loss", "c0"));
            Html.figure(body, "Learning rate", "", one("learning_rate", "c2"));
            Html.figure(body, "Images per second", "", one("images_per_second", "c3"));
        }
        Html.figure(
                body,
                "Clipped ratios",
                "Share of ratios beyond the clip range.",
                many(Map.of("clip.above", "above", "clip.below", "below")));
        Html.figure(body, "Gradient norm", "Before clipping.", one("gradient_norm", "c4"));
        Html.figure(
                body, "Seconds by phase", "Time that sampling and updating took, and waiting for scores.", seconds());
        Html.figure(body, "Importance ratio", "Least and greatest of each iteration.", ratios());
        body.append("</section>");
        if (!run.config().isEmpty()) {
            body.append("<details><summary>Configuration</summary><pre>%s</pre></details>"
                    .formatted(Html.escape(run.config())));
        }
        return Html.page(run.name(), body);
    }

    /** A run whose loss has no penalty measures no distance to the reference, but always the one to the sampling policy. */
    private void divergence(StringBuilder body) {
        if (run.curve("kl").stream().anyMatch(point -> point.y() != 0)) {
            Html.figure(
                    body,
                    "KL to the reference",
                    "Closed form, of one step, in nats for each latent element.",
                    one("kl", "c1"));
        } else {
            Html.figure(
                    body,
                    "Approximate KL to the sampling policy",
                    "Half the mean square of the log ratios of new to old policy. The loss has no KL to the reference.",
                    one("approximate_kl", "c1"));
        }
    }

    private String distance() {
        List<Chart.Point> points = new ArrayList<>();
        for (JsonNode test : run.evaluations()) {
            if (test.path("distance").isNumber()) {
                points.add(new Chart.Point(
                        test.path(RunData.STEP).asDouble(),
                        test.path("distance").asDouble()));
            }
        }
        return points.size() < 2
                ? ""
                : Chart.lines("Distance to the start", List.of(new Chart.Series("", points, "c1")));
    }

    private String summary() {
        StringBuilder text = new StringBuilder("<p>%s".formatted(length()));
        double seconds =
                run.curve("seconds.total").stream().mapToDouble(Chart.Point::y).sum();
        if (seconds > 0) {
            text.append(" in %s".formatted(duration(seconds)));
        }
        if (run.evaluations().size() > 1) {
            double before = run.evaluations().get(0).path("score").asDouble();
            double after = last(run.evaluations()).path("score").asDouble();
            text.append("; test score <b>%s → %s</b>".formatted(score(before), score(after)));
        }
        return text.append(".</p>").toString();
    }

    /** Iterations are numbered from 0; pretraining counts the updates that were taken. */
    private String length() {
        long last = run.metrics().stream()
                .mapToLong(node -> node.path(RunData.STEP).asLong())
                .max()
                .orElse(0);
        return pretraining() ? "%s updates".formatted(last) : "%s iterations".formatted(last + 1);
    }

    private boolean pretraining() {
        return run.curve("reward.mean").isEmpty();
    }

    private static String duration(double seconds) {
        return seconds < 90
                ? String.format(Locale.ROOT, "%.0f seconds", seconds)
                : String.format(Locale.ROOT, "%.1f minutes", seconds / 60);
    }

    private String beforeAndAfter() {
        if (run.evaluations().isEmpty()) {
            return "";
        }
        JsonNode first = run.evaluations().get(0);
        JsonNode end = last(run.evaluations());
        List<List<String>> rows = new ArrayList<>();
        for (String task : end.path("tasks").propertyNames()) {
            rows.add(row(
                    task.replace('_', ' '),
                    first.path("tasks").path(task),
                    end.path("tasks").path(task)));
        }
        if (end.path("unseen").isObject()) {
            rows.add(row("unseen combinations", first.path("unseen"), end.path("unseen")));
        }
        rows.add(row("<b>all tasks</b>", first, end));
        return "<section><h2>Test prompts, before and after</h2>%s<p class='note'>With 95%% confidence intervals.</p></section>"
                .formatted(Html.table(List.of("task", "before", "after", "change", ""), rows));
    }

    private static List<String> row(String name, JsonNode before, JsonNode after) {
        double change = after.path("score").asDouble() - before.path("score").asDouble();
        String sign = change >= 0 ? "+" : "−";
        return List.of(
                name,
                interval(before),
                interval(after),
                "<b class='%s'>%s%s</b>".formatted(change >= 0 ? "up" : "down", sign, score(Math.abs(change))),
                bar(before.path("score").asDouble(), after.path("score").asDouble()));
    }

    private static String bar(double before, double after) {
        return String.format(
                Locale.ROOT,
                "<span class='bar'><i class='was' style='width:%.1f%%'></i><i class='is' style='width:%.1f%%'></i></span>",
                100 * Math.max(0, Math.min(1, before)),
                100 * Math.max(0, Math.min(1, after)));
    }

    private static String interval(JsonNode node) {
        String text = score(node.path("score").asDouble());
        if (node.path("low").isNumber() && node.path("high").isNumber()) {
            text += " <small>%s–%s</small>"
                    .formatted(
                            score(node.path("low").asDouble()),
                            score(node.path("high").asDouble()));
        }
        return text;
    }

    private static String score(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    private String grids() {
        if (run.samples().isEmpty()) {
            return "";
        }
        List<RunData.Picture> before = run.samples().get(0);
        List<RunData.Picture> after = last(run.samples());
        StringBuilder html = new StringBuilder("<section><h2>Same prompts, same seeds</h2><div class='grid'>");
        for (int i = 0; i < Math.min(GRID, Math.min(before.size(), after.size())); i++) {
            html.append("<div class='pair'>%s%s<p>%s</p></div>"
                    .formatted(
                            picture(before.get(i), "before"),
                            picture(after.get(i), "after"),
                            Html.escape(after.get(i).prompt())));
        }
        return html.append(
                        "</div><p class='note'>Left before training, right after; framed where the picture is right.</p>")
                .append("</section>")
                .toString();
    }

    /** Returns a picture, framed if its score is 1, or a video that plays. */
    static String picture(RunData.Picture picture, String when) {
        if (picture.frames() > 1) {
            return film(picture, when);
        }
        return "<img class='%s' alt='%s: %s' src='data:image/png;base64,%s'>"
                .formatted(
                        picture.score() >= 1 ? "right" : "wrong",
                        when,
                        Html.escape(picture.prompt()),
                        Base64.getEncoder().encodeToString(picture.png()));
    }

    /** A strip of frames behind a window that steps along it once a second. */
    private static String film(RunData.Picture video, String when) {
        return "<div class='film %s' role='img' aria-label='%s: %s' style='--frames:%s;background-image:url(data:image/png;base64,%s)'></div>"
                .formatted(
                        video.score() >= 1 ? "right" : "wrong",
                        when,
                        Html.escape(video.prompt()),
                        video.frames(),
                        Base64.getEncoder().encodeToString(video.png()));
    }

    private String scores() {
        List<Chart.Point> raw = run.curve("reward.mean");
        List<Chart.Point> tests = new ArrayList<>();
        for (JsonNode node : run.evaluations()) {
            double score = node.path("score").asDouble();
            tests.add(new Chart.Point(
                    node.path(RunData.STEP).asDouble(),
                    score,
                    node.path("low").asDouble(score),
                    node.path("high").asDouble(score)));
        }
        if (raw.size() < 2 && tests.size() < 2) {
            return "";
        }
        List<Chart.Series> series = new ArrayList<>();
        series.add(new Chart.Series("", raw, "c0 faint"));
        series.add(new Chart.Series("training reward, smoothed", smoothed(raw), "c0"));
        series.add(new Chart.Series("test score", tests, "c2"));
        return Chart.lines("Training reward and test score by iteration", series);
    }

    /** Means over a window of a twentieth of the run. */
    private static List<Chart.Point> smoothed(List<Chart.Point> points) {
        int reach = points.size() / 40;
        List<Chart.Point> smooth = new ArrayList<>();
        for (int i = 0; i < points.size(); i++) {
            double mean = points.subList(Math.max(0, i - reach), Math.min(points.size(), i + reach + 1)).stream()
                    .mapToDouble(Chart.Point::y)
                    .average()
                    .orElseThrow();
            smooth.add(new Chart.Point(points.get(i).x(), mean));
        }
        return smooth;
    }

    private String one(String metric, String style) {
        List<Chart.Point> points = run.curve(metric);
        return points.size() < 2 ? "" : Chart.lines(metric, List.of(new Chart.Series("", points, style)));
    }

    private String many(Map<String, String> names) {
        List<Chart.Series> series = new ArrayList<>();
        for (String metric : names.keySet().stream().sorted().toList()) {
            List<Chart.Point> points = run.curve(metric);
            if (points.size() > 1) {
                series.add(new Chart.Series(names.get(metric), points, "c" + series.size()));
            }
        }
        return series.isEmpty() ? "" : Chart.lines(String.join(", ", names.values()), series);
    }

    private String ratios() {
        return many(Map.of("ratio.min", "least", "ratio.max", "greatest"));
    }

    private String seconds() {
        List<Chart.Series> series = new ArrayList<>();
        for (String phase : PHASES) {
            List<Chart.Point> points = run.curve("seconds." + phase);
            if (points.size() > 1 && points.size() == run.metrics().size()) {
                series.add(new Chart.Series(phase, points, "c" + series.size()));
            }
        }
        return series.isEmpty() ? "" : Chart.stack("Seconds by phase and iteration", series);
    }

    private static <T> T last(List<T> list) {
        return list.get(list.size() - 1);
    }
}
