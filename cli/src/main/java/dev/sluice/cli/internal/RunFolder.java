package dev.sluice.cli.internal;

import dev.sluice.flow.AtomicFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder of a run: {@code config.yaml}, {@code manifest.json}, {@code metrics.jsonl}, {@code timing.jsonl},
 * {@code evaluation.jsonl}, event files, {@code samples/}, {@code gallery/}, {@code checkpoints/step-NNNNNN/}, {@code report.html}.
 *
 * @param path the folder
 */
public record RunFolder(Path path) {
    private static final Pattern STEP = Pattern.compile("step-(\\d{6,18})");
    private static final List<String> OURS = List.of(
            "config.yaml",
            "manifest.json",
            "metrics.jsonl",
            "timing.jsonl",
            "evaluation.jsonl",
            "report.html",
            "samples",
            "gallery",
            "checkpoints",
            "model",
            "adapter");

    /** Returns the file of resolved options. */
    public Path config() {
        return path.resolve("config.yaml");
    }

    /** Returns the file of figures that a seed determines. */
    public Path metrics() {
        return path.resolve("metrics.jsonl");
    }

    /** Returns the file of seconds for each phase. */
    public Path timing() {
        return path.resolve("timing.jsonl");
    }

    /** Returns the file of test scores. */
    public Path evaluations() {
        return path.resolve("evaluation.jsonl");
    }

    /** Returns the folder of a step's checkpoint. */
    public Path checkpoint(long step) {
        return checkpoints().resolve(name(step));
    }

    /** Returns the folder of a step's pictures. */
    public Path samples(long step) {
        return path.resolve("samples").resolve(name(step));
    }

    /** Returns the folder of the pictures of a step that the training reward likes most beyond what the test does. */
    public Path gallery(long step) {
        return path.resolve("gallery").resolve(name(step));
    }

    /** Returns the folder of all checkpoints. */
    public Path checkpoints() {
        return path.resolve("checkpoints");
    }

    /** Returns what the folder of a step is called. */
    public static String name(long step) {
        return "step-%06d".formatted(step);
    }

    /** Returns whether a run was started here. */
    public boolean used() {
        return Files.exists(metrics()) || Files.exists(checkpoints());
    }

    /** Returns the step of the newest checkpoint. */
    public Optional<Long> lastCheckpoint() throws IOException {
        List<Long> steps = steps();
        return steps.isEmpty() ? Optional.empty() : Optional.of(steps.get(steps.size() - 1));
    }

    private List<Long> steps() throws IOException {
        if (!Files.isDirectory(checkpoints())) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(checkpoints())) {
            return entries.map(entry -> STEP.matcher(entry.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(match -> Long.parseLong(match.group(1)))
                    .sorted()
                    .toList();
        }
    }

    /** Makes the folder and writes its options. */
    public void begin(String yaml) throws IOException {
        Files.createDirectories(path);
        AtomicFiles.file(config(), yaml.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes a checkpoint and deletes those that are older than the newest few. */
    public void checkpoint(long step, int keep, AtomicFiles.FolderBody body) throws IOException {
        AtomicFiles.folder(checkpoint(step), body);
        List<Long> steps = steps();
        for (long old : steps.subList(0, Math.max(0, steps.size() - keep))) {
            AtomicFiles.deleteAll(checkpoint(old));
        }
    }

    /** Deletes what a killed process left half-written. */
    public void sweep() throws IOException {
        for (Path folder : List.of(path, checkpoints(), path.resolve("samples"), path.resolve("gallery"))) {
            if (Files.isDirectory(folder)) {
                for (Path entry : partials(folder)) {
                    AtomicFiles.deleteAll(entry);
                }
            }
        }
    }

    private static List<Path> partials(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> entry.getFileName().toString().matches("\\..*\\.(partial.*|replaced)"))
                    .toList();
        }
    }

    /** Deletes a former run, and nothing that is not of its making. */
    public void clear() throws IOException {
        for (String name : OURS) {
            AtomicFiles.deleteAll(path.resolve(name));
        }
        if (Files.isDirectory(path)) {
            try (Stream<Path> entries = Files.list(path)) {
                for (Path entry : entries.filter(e -> e.getFileName().toString().startsWith("events.out.tfevents."))
                        .sorted(Comparator.naturalOrder())
                        .toList()) {
                    Files.delete(entry);
                }
            }
        }
    }
}
