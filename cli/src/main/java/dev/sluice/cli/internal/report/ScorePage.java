package dev.sluice.cli.internal.report;

import dev.sluice.cli.internal.score.ScorableFiles;
import dev.sluice.cli.internal.score.ScoreSummary;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.video.BicubicResize;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** Writes the page of a table of scores: figures, the best and the worst pictures of each reward, what failed. */
public final class ScorePage {
    /** Twice what a cell of the grid is wide, for screens with small pixels. */
    private static final int LONGEST = 336;

    private static final int QUALITY = 85;

    private ScorePage() {}

    /**
     * Writes the page, one file that needs nothing else. A picture that can no longer be read is left out.
     *
     * @param title text
     */
    public static void write(Path file, String title, ScoreSummary summary) throws IOException {
        StringBuilder body = new StringBuilder();
        body.append("<header><h1>%s</h1><p>%s items, %s without all scores.</p></header>"
                .formatted(Html.escape(title), summary.rows(), summary.failed()));
        body.append("<section>").append(figures(summary)).append("</section>");
        for (ScoreSummary.Column column : summary.columns()) {
            grid(body, column.name() + ": best", column.best());
            grid(body, column.name() + ": worst", column.worst());
        }
        if (summary.failed() > 0) {
            List<List<String>> rows = summary.faults().stream()
                    .map(fault -> List.of(Html.escape(fault.file()), Html.escape(fault.reason())))
                    .toList();
            String more = summary.failed() > rows.size()
                    ? "<p class='note'>And %s more.</p>".formatted(summary.failed() - rows.size())
                    : "";
            body.append("<section><h2>Without a score</h2>%s%s</section>"
                    .formatted(Html.table(List.of("file", "reason"), rows), more));
        }
        AtomicFiles.file(file, Html.page(title, body).getBytes(StandardCharsets.UTF_8));
    }

    private static String figures(ScoreSummary summary) {
        List<List<String>> rows = new ArrayList<>();
        for (ScoreSummary.Column column : summary.columns()) {
            rows.add(List.of(
                    Html.escape(column.name()),
                    String.valueOf(column.count()),
                    number(column.mean()),
                    number(column.deviation()),
                    number(column.least()),
                    number(column.greatest())));
        }
        String figures = Html.table(List.of("reward", "scored", "mean", "deviation", "least", "greatest"), rows);
        List<List<String>> tasks = summary.tasks().rows();
        if (tasks.isEmpty()) {
            return figures;
        }
        List<String> heads = new ArrayList<>(List.of("task", "items"));
        summary.columns().forEach(column -> heads.add(Html.escape(column.name())));
        return figures
                + Html.table(
                        heads,
                        tasks.stream()
                                .map(row -> row.stream().map(Html::escape).toList())
                                .toList());
    }

    /** Returns a score for a reader's eyes. */
    public static String number(double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.4g", value);
    }

    private static void grid(StringBuilder body, String title, List<ScoreSummary.Ranked> items) {
        StringBuilder cells = new StringBuilder();
        for (ScoreSummary.Ranked ranked : items) {
            Media picture;
            try {
                picture = fitted(ScorableFiles.read(ranked.item().path()));
            } catch (IOException | IllegalArgumentException e) {
                continue;
            }
            boolean drawn = Math.max(picture.width(), picture.height()) <= 64;
            String type = drawn ? "png" : "jpeg";
            byte[] bytes = drawn ? ImageFiles.png(picture) : ImageFiles.jpeg(picture, QUALITY);
            cells.append(
                    "<div class='pair one'><img class='%s' alt='' src='data:image/%s;base64,%s'><p><b>%s</b> %s<br>%s</p></div>"
                            .formatted(
                                    drawn ? "" : "photo",
                                    type,
                                    Base64.getEncoder().encodeToString(bytes),
                                    number(ranked.score()),
                                    Html.escape(ranked.item().prompt().text()),
                                    Html.escape(ranked.item().file())));
        }
        if (!cells.isEmpty()) {
            body.append(
                    "<section><h2>%s</h2><div class='grid'>%s</div></section>".formatted(Html.escape(title), cells));
        }
    }

    /** Returns the first frame, no larger than a cell of the page needs. */
    private static Media fitted(Media media) {
        byte[] frame = Arrays.copyOf(media.rgb(), 3 * media.height() * media.width());
        Media picture = Media.image(media.height(), media.width(), frame);
        int longest = Math.max(media.height(), media.width());
        if (longest <= LONGEST) {
            return picture;
        }
        int height = Math.max(1, (int) ((long) media.height() * LONGEST / longest));
        int width = Math.max(1, (int) ((long) media.width() * LONGEST / longest));
        return BicubicResize.resize(picture, height, width);
    }
}
