package dev.sluice.cli.internal.report;

import dev.sluice.cli.internal.JsonLines;
import dev.sluice.cli.internal.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a run's folder says, read for its report.
 *
 * @param name the folder's name
 * @param metrics one object for each iteration
 * @param evaluations one object for each evaluation
 * @param samples pictures by the folder they are in, first and last
 * @param config the resolved run file
 */
record RunData(
        String name, List<JsonNode> metrics, List<JsonNode> evaluations, List<List<Picture>> samples, String config) {
    /** The key of a line's iteration. */
    static final String STEP = "step";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /**
     * A sample that was kept.
     *
     * @param prompt its text
     * @param score 0 to 1, or NaN if it has none
     * @param frames of a video, from left to right in the file; 1 of a picture
     * @param png the file's content
     */
    record Picture(String prompt, double score, int frames, byte[] png) {}

    /** Reads a run's folder; files that a short run does not have yet may be absent, but not the metrics. */
    static RunData read(Path folder) throws IOException {
        RunData numbers = numbers(folder);
        return new RunData(
                numbers.name, numbers.metrics, numbers.evaluations, samples(folder.resolve("samples")), numbers.config);
    }

    /** Reads a run's folder without its pictures. */
    static RunData numbers(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException(
                    "%s is not a folder; expected one that a run left, such as runs/demo.".formatted(folder));
        }
        RunFolder run = new RunFolder(folder);
        Path metrics = run.metrics();
        if (!Files.exists(metrics)) {
            throw new IOException("%s has no metrics.jsonl, so it is not a run's folder.".formatted(folder));
        }
        List<JsonNode> iterations = merged(objects(metrics), objects(run.timing()));
        Path config = run.config();
        return new RunData(
                folder.toAbsolutePath().normalize().getFileName().toString(),
                iterations,
                objects(folder.resolve("evaluation.jsonl")),
                List.of(),
                Files.exists(config) ? Files.readString(config) : "");
    }

    private static List<JsonNode> merged(List<JsonNode> metrics, List<JsonNode> timings) {
        Map<Long, ObjectNode> byIteration = new LinkedHashMap<>();
        for (List<JsonNode> file : List.of(metrics, timings)) {
            for (JsonNode node : file) {
                byIteration
                        .computeIfAbsent(node.path(STEP).asLong(-1), key -> JSON.createObjectNode())
                        .setAll((ObjectNode) node);
            }
        }
        return new ArrayList<>(byIteration.values());
    }

    static List<JsonNode> objects(Path file) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        return JsonLines.read(file).stream().<JsonNode>map(JSON::valueToTree).toList();
    }

    private static List<List<Picture>> samples(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Path> steps;
        try (Stream<Path> entries = Files.list(folder)) {
            steps = entries.filter(path -> Files.exists(path.resolve("prompts.jsonl")))
                    .sorted()
                    .toList();
        }
        if (steps.isEmpty()) {
            return List.of();
        }
        List<List<Picture>> ends = new ArrayList<>();
        ends.add(pictures(steps.get(0)));
        if (steps.size() > 1) {
            ends.add(pictures(steps.get(steps.size() - 1)));
        }
        return ends;
    }

    /** Reads the pictures of a folder with what they are. */
    static List<Picture> pictures(Path step) throws IOException {
        List<Picture> pictures = new ArrayList<>();
        for (JsonNode node : objects(step.resolve("prompts.jsonl"))) {
            Path file = step.resolve(node.path("file").asString(""));
            if (!file.normalize().startsWith(step.normalize()) || !Files.isRegularFile(file)) {
                throw new IOException(
                        "%s names %s, which is not there.".formatted(step.resolve("prompts.jsonl"), file));
            }
            JsonNode score = node.path("score");
            pictures.add(new Picture(
                    node.path("prompt").asString(""),
                    score.isNumber() ? score.asDouble() : Double.NaN,
                    node.path("frames").asInt(1),
                    Files.readAllBytes(file)));
        }
        return pictures;
    }

    /** Returns one metric over the iterations, without those that do not have it. */
    List<Chart.Point> curve(String metric) {
        List<Chart.Point> points = new ArrayList<>();
        for (JsonNode node : metrics) {
            if (node.path(metric).isNumber()) {
                points.add(new Chart.Point(
                        node.path(STEP).asDouble(), node.path(metric).asDouble()));
            }
        }
        return points;
    }
}
