package dev.sluice.cli.internal.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** The newest samples that the training reward likes most beyond what the test's own judge does. */
final class GallerySection {
    private final List<RunData.Picture> pictures;
    private final List<JsonNode> lines;
    private final String step;

    private GallerySection(List<RunData.Picture> pictures, List<JsonNode> lines, String step) {
        this.pictures = pictures;
        this.lines = lines;
        this.step = step;
    }

    /** Reads them from a run's folder, which may have none. */
    static GallerySection read(Path folder) throws IOException {
        Path galleries = folder.resolve("gallery");
        if (!Files.isDirectory(galleries)) {
            return new GallerySection(List.of(), List.of(), "");
        }
        List<Path> steps;
        try (Stream<Path> entries = Files.list(galleries)) {
            steps = entries.filter(path -> Files.exists(path.resolve("prompts.jsonl")))
                    .sorted()
                    .toList();
        }
        if (steps.isEmpty()) {
            return new GallerySection(List.of(), List.of(), "");
        }
        Path newest = steps.get(steps.size() - 1);
        String name = newest.getFileName().toString().replaceFirst("^step-0*(?=\\d)", "");
        return new GallerySection(RunData.pictures(newest), RunData.objects(newest.resolve("prompts.jsonl")), name);
    }

    /** Returns the section; empty if there is nothing to show. */
    String html() {
        if (pictures.isEmpty()) {
            return "";
        }
        List<String> cells = new ArrayList<>();
        for (int i = 0; i < pictures.size(); i++) {
            cells.add("<div class='pair one'>%s<p>training <b>%s</b>, test %s<br>%s</p></div>"
                    .formatted(
                            RunReport.picture(pictures.get(i), "suspect"),
                            number(lines.get(i), "proxy"),
                            number(lines.get(i), "gold"),
                            Html.escape(pictures.get(i).prompt())));
        }
        return ("<section><h2>Liked by the training reward, not by the test</h2><div class='grid'>%s</div><p class='note'>The %s test"
                        + " samples after %s iterations whose training reward exceeds the test score most, each in deviations"
                        + " from its mean before training. If they look alike, that is how the reward is hacked.</p></section>")
                .formatted(String.join("", cells), pictures.size(), step);
    }

    private static String number(JsonNode line, String key) {
        return String.format(Locale.ROOT, "%+.1f", line.path(key).asDouble(Double.NaN))
                .replace('-', '−');
    }
}
