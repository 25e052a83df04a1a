package dev.sluice.rewards.internal.preference;

import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.Sample;
import dev.sluice.video.MediaFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Reads judgments from JSON lines or comma-separated values. */
public final class PreferenceReader {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> OURS = Set.of(
            "prompt",
            "preferred",
            "rejected",
            "a",
            "b",
            "label",
            "media",
            "good",
            "score",
            "axis",
            "annotator",
            "generator",
            "scores");

    private final Path file;
    private final Map<List<String>, Integer> known = new LinkedHashMap<>();
    private final List<PreferenceData.Item> items = new ArrayList<>();
    private final List<PreferenceData.Pair> pairs = new ArrayList<>();
    private final List<PreferenceData.Label> labels = new ArrayList<>();
    private final List<PreferenceData.Rating> ratings = new ArrayList<>();

    private PreferenceReader(Path file) {
        this.file = file;
    }

    /** Reads a file; media are looked for and not read. */
    public static PreferenceData read(Path file) throws IOException {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        if (!name.endsWith(".jsonl") && !name.endsWith(".csv")) {
            throw new IOException("%s must end in .jsonl (an object a line) or .csv (with a heading).".formatted(file));
        }
        if (!Files.isRegularFile(file)) {
            throw new IOException("The file of preferences %s %s."
                    .formatted(file, Files.exists(file) ? "is not a file" : "does not exist"));
        }
        PreferenceReader reader = new PreferenceReader(file);
        try (BufferedReader in = Files.newBufferedReader(file)) {
            if (name.endsWith(".csv")) {
                reader.table(in);
            } else {
                reader.objects(in);
            }
        } catch (MalformedInputException e) {
            throw new IOException("%s is not UTF-8 text.".formatted(file), e);
        }
        if (reader.pairs.isEmpty() && reader.labels.isEmpty() && reader.ratings.isEmpty()) {
            throw new IOException("%s has no judgment; at least one is expected.".formatted(file));
        }
        return new PreferenceData(reader.items, reader.pairs, reader.labels, reader.ratings);
    }

    private void objects(BufferedReader in) throws IOException {
        int number = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            Map<String, Object> values;
            try {
                values = JSON.readValue(line, new TypeReference<LinkedHashMap<String, Object>>() {});
            } catch (JacksonException e) {
                throw wrong(number, "a JSON object is expected; found %s".formatted(cut(line)));
            }
            if (values == null) {
                throw wrong(number, "a JSON object is expected; found %s".formatted(cut(line)));
            }
            take(number, values);
        }
    }

    private void table(BufferedReader in) throws IOException {
        CsvLines lines = new CsvLines(in);
        List<String> heading = lines
                .next()
                .orElseThrow(() -> new IOException("%s has no judgment; at least one is expected.".formatted(file)))
                .stream()
                .map(cell -> cell.replace("\uFEFF", "").strip())
                .toList();
        try {
            for (Optional<List<String>> cells = lines.next(); cells.isPresent(); cells = lines.next()) {
                if (cells.get().size() != heading.size()) {
                    throw wrong(
                            lines.number(),
                            "%s values are expected, as in the heading; found %s"
                                    .formatted(heading.size(), cells.get().size()));
                }
                Map<String, Object> values = new LinkedHashMap<>();
                for (int i = 0; i < heading.size(); i++) {
                    if (!cells.get().get(i).isBlank()) {
                        values.put(heading.get(i), cells.get().get(i).strip());
                    }
                }
                take(lines.number(), values);
            }
        } catch (IOException e) {
            throw String.valueOf(e.getMessage()).startsWith(file.toString())
                    ? e
                    : wrong(lines.number(), String.valueOf(e.getMessage()));
        }
    }

    private void take(int line, Map<String, Object> values) throws IOException {
        String axis = text(line, values, "axis", PreferenceData.OVERALL);
        String annotator = text(line, values, "annotator", "");
        Optional<List<Double>> scores = scores(line, values);
        if (values.containsKey("preferred") || values.containsKey("rejected")) {
            int a = item(line, values, "preferred");
            int b = item(line, values, "rejected");
            pairs.add(new PreferenceData.Pair(a, b, axis, PreferenceData.Verdict.A, annotator, scores));
        } else if (values.containsKey("a") || values.containsKey("b")) {
            int a = item(line, values, "a");
            int b = item(line, values, "b");
            pairs.add(new PreferenceData.Pair(a, b, axis, verdict(line, values.get("label")), annotator, scores));
        } else if (values.containsKey("media") && values.containsKey("score")) {
            double score = score(line, values.get("score"));
            ratings.add(new PreferenceData.Rating(item(line, values, "media"), axis, score));
        } else if (values.containsKey("media")) {
            labels.add(new PreferenceData.Label(item(line, values, "media"), axis, good(line, values.get("good"))));
        } else {
            throw wrong(
                    line,
                    "the keys preferred and rejected, or a, b and label, or media and good or score are expected; found %s"
                            .formatted(values.keySet().stream().sorted().collect(Collectors.joining(", "))));
        }
    }

    private int item(int line, Map<String, Object> values, String key) throws IOException {
        if (!(values.get(key) instanceof String name) || name.isBlank()) {
            throw wrong(line, "the key %s with a path is expected; found %s".formatted(key, values.get(key)));
        }
        Path path;
        try {
            path = file.resolveSibling(name).normalize();
        } catch (InvalidPathException e) {
            throw wrong(line, "%s (%s) is no path".formatted(key, name));
        }
        String prompt = text(line, values, "prompt", "");
        Integer there = known.get(List.of(path.toString(), prompt));
        String generator = text(line, values, "generator", "");
        if (there != null) {
            PreferenceData.Item before = items.get(there);
            if (before.generator().isEmpty() && !generator.isEmpty()) {
                items.set(there, new PreferenceData.Item(before.name(), before.prompt(), generator, before.source()));
            }
            return there;
        }
        if (!Files.exists(path)) {
            throw wrong(line, "%s (%s) does not exist".formatted(key, path));
        }
        Map<String, Object> metadata = new LinkedHashMap<>();
        values.forEach((other, value) -> {
            if (!OURS.contains(other) && value != null) {
                metadata.put(other, value);
            }
        });
        items.add(new PreferenceData.Item(
                path.toString(), prompt, generator, () -> new Sample(MediaFiles.read(path), prompt, metadata)));
        known.put(List.of(path.toString(), prompt), items.size() - 1);
        return items.size() - 1;
    }

    private PreferenceData.Verdict verdict(int line, Object label) throws IOException {
        for (PreferenceData.Verdict verdict : PreferenceData.Verdict.values()) {
            if (verdict.name().toLowerCase(Locale.ROOT).equals(label)) {
                return verdict;
            }
        }
        throw wrong(line, "label (%s) must be a, b or tie".formatted(label));
    }

    private boolean good(int line, Object good) throws IOException {
        return switch (String.valueOf(good)) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw wrong(line, "good (%s) must be 0 or 1".formatted(good));
        };
    }

    private double score(int line, Object score) throws IOException {
        try {
            double number = Double.parseDouble(String.valueOf(score));
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw wrong(line, "score (%s) must be a number".formatted(score));
    }

    private Optional<List<Double>> scores(int line, Map<String, Object> values) throws IOException {
        if (!(values.get("scores") instanceof List<?> list)) {
            return Optional.empty();
        }
        if (list.size() != 2
                || !list.stream().allMatch(n -> n instanceof Number x && Double.isFinite(x.doubleValue()))) {
            throw wrong(line, "scores (%s) must be two numbers".formatted(list));
        }
        return Optional.of(
                list.stream().map(number -> ((Number) number).doubleValue()).toList());
    }

    private String text(int line, Map<String, Object> values, String key, String otherwise) throws IOException {
        Object value = values.get(key);
        if (value == null) {
            return otherwise;
        }
        if (!(value instanceof String text)) {
            throw wrong(line, "%s (%s) must be a text".formatted(key, value));
        }
        return text;
    }

    private IOException wrong(int line, String what) {
        return new IOException("%s:%s: %s.".formatted(file, line, what));
    }

    private static String cut(String line) {
        return line.length() > 60 ? line.substring(0, 60) + "…" : line;
    }
}
