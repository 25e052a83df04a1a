package dev.sluice.cli.internal;

import dev.sluice.configs.PaperChoice;
import dev.sluice.configs.RunConfig;
import dev.sluice.configs.RunFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The algorithms that have a run file of the bundled world, {@code scenes-NAME.yaml}. All that is said of them is what their
 * files resolve to.
 */
public final class Algorithms {
    private static final List<String> AXES = List.of("exploration", "credit", "advantage", "objective");

    private Algorithms() {}

    /**
     * One of them.
     *
     * @param file its run file
     * @param config what the file resolves to
     */
    public record Algorithm(Path file, RunConfig config) {
        /** Returns where it comes from. */
        public PaperChoice paper() {
            return config.paper()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "%s has no paper.%nMaybe add paper: {algorithm: ..., year: ...}.".formatted(file)));
        }

        /** Returns its choice on each axis as text, in the words of run files. */
        public Map<String, String> axes() {
            Map<String, Object> tree = RunFiles.tree(config);
            Map<String, String> axes = new LinkedHashMap<>();
            AXES.forEach(axis -> axes.put(axis, keys((Map<?, ?>) tree.get(axis))));
            axes.put(
                    "selection",
                    "dropZero %s%s"
                            .formatted(
                                    config.dropZero(),
                                    config.bestOf()
                                            .map(", bestOf %s"::formatted)
                                            .orElse("")));
            axes.put(
                    "iteration",
                    "updates %s, innerEpochs %s, sharedNoise %s"
                            .formatted(
                                    config.updates().perIteration(),
                                    config.updates().innerEpochs(),
                                    config.batch().sharedNoise()));
            return axes;
        }
    }

    /**
     * Reads the run files of a folder, by the years of their papers.
     *
     * @throws IllegalArgumentException if one of them is wrong or names no paper
     */
    public static List<Algorithm> read(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Algorithms::isAlignment)
                    .map(file -> new Algorithm(file, RunFiles.train(file, List.of())))
                    .sorted((a, b) -> order(a).compareTo(order(b)))
                    .toList();
        }
    }

    private static boolean isAlignment(Path file) {
        return file.getFileName().toString().matches("scenes-(?!pretrain|reward).*\\.yaml");
    }

    private static String order(Algorithm algorithm) {
        PaperChoice paper = algorithm.paper();
        return paper.year() + paper.arxiv().orElse("") + paper.algorithm();
    }

    /** Returns a line for each algorithm, and under it one for each axis. */
    public static List<String> lines(List<Algorithm> algorithms) {
        Table table = new Table("algorithm", ">year", "paper", "run file");
        for (Algorithm each : algorithms) {
            PaperChoice paper = each.paper();
            table.add(
                    paper.algorithm(),
                    String.valueOf(paper.year()),
                    paper.arxiv().orElse(""),
                    "configs/" + each.file().getFileName());
        }
        List<String> heads = table.lines();
        List<String> lines = new ArrayList<>(List.of(heads.get(0)));
        for (int i = 0; i < algorithms.size(); i++) {
            lines.add("");
            lines.add(heads.get(i + 1));
            algorithms.get(i).axes().forEach((axis, choice) -> lines.add("  %-11s  %s".formatted(axis, choice)));
        }
        return lines;
    }

    private static String keys(Map<?, ?> map) {
        return map.entrySet().stream()
                .map(entry -> entry.getKey() + " " + text(entry.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String text(Object value) {
        return value instanceof Map<?, ?> map ? "{" + keys(map) + "}" : String.valueOf(value);
    }
}
