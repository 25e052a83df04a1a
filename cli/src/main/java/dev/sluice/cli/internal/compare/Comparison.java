package dev.sluice.cli.internal.compare;

import dev.sluice.cli.internal.Manifests;
import dev.sluice.cli.internal.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * Runs side by side.
 *
 * @param groups at least one, each the seeds of one run; the first is what others are measured against
 * @param target a test score to reach
 */
public record Comparison(List<RunGroup> groups, OptionalDouble target) {
    /**
     * Reads runs and groups them.
     *
     * @param folders runs' folders, or folders that hold them; those of one are in the order in which they began, without those that
     *     have no test yet
     * @param patterns see {@link RunGroups#of}
     * @param target a test score to reach
     * @throws IOException if a folder is not a run's, or has no test yet
     * @throws IllegalArgumentException if the runs were tested differently or cannot be grouped as asked
     */
    public static Comparison of(List<Path> folders, Map<String, String> patterns, OptionalDouble target)
            throws IOException {
        List<RunHistory> runs = new ArrayList<>();
        for (Path folder : folders) {
            for (Path run : runs(folder)) {
                runs.add(RunHistory.read(run));
            }
        }
        Map<String, Map<String, Object>> configs = new LinkedHashMap<>();
        runs.forEach(run -> configs.put(run.folder().toString(), run.config()));
        TestSets.requireOne(configs);
        return new Comparison(RunGroups.of(runs, patterns), target);
    }

    private static List<Path> runs(Path folder) throws IOException {
        if (!Files.isDirectory(folder) || isRun(folder)) {
            return List.of(folder);
        }
        List<Path> within;
        try (Stream<Path> entries = Files.list(folder)) {
            within = entries.filter(Comparison::isTested).sorted().toList();
        }
        Map<Path, String> started = new LinkedHashMap<>();
        for (Path run : within) {
            started.put(run, Manifests.started(new RunFolder(run)));
        }
        return within.isEmpty()
                ? List.of(folder)
                : within.stream().sorted(Comparator.comparing(started::get)).toList();
    }

    private static boolean isRun(Path folder) {
        return Files.exists(new RunFolder(folder).metrics());
    }

    private static boolean isTested(Path folder) {
        return isRun(folder) && new RunFolder(folder).evaluations().toFile().length() > 0;
    }

    /** Returns all runs, group by group. */
    public List<RunHistory> runs() {
        return groups.stream().flatMap(group -> group.runs().stream()).toList();
    }

    /** Returns the names of the judges, where a test had several. */
    public List<String> judges() {
        return runs().stream()
                .flatMap(run -> run.tests().stream())
                .flatMap(test -> test.parts().keySet().stream())
                .distinct()
                .toList();
    }

    /** Returns the tables; {@link Tables#scores} is the one that no clock has a part in. */
    public List<Sheet> sheets() {
        Tables tables = new Tables(this);
        List<Sheet> sheets = new ArrayList<>(List.of(tables.scores()));
        if (!judges().isEmpty()) {
            sheets.add(tables.judges(judges()));
        }
        sheets.addAll(List.of(tables.training(), tables.costs()));
        if (groups.size() > 1) {
            sheets.add(tables.atEqualCost());
        }
        target.ifPresent(score -> sheets.add(tables.toTarget(score)));
        return sheets;
    }
}
