package dev.sluice.cli.internal.compare;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.PatternSyntaxException;

/** Finds which runs are seeds of one. */
public final class RunGroups {
    /** What may differ between the runs of a group: none of it changes what is computed but the seed. */
    private static final List<String> FREE =
            List.of("name", "output", "seed", "device", "lanes", "threads", "checkpoints");

    private RunGroups() {}

    /**
     * Returns the groups, in the order of their first runs.
     *
     * @param patterns what a group is called, to what its folders' names look like, such as {@code flow-*}; runs that match
     *     none are one group where their options are equal but for name and seed
     * @throws IllegalArgumentException if a run is named twice, a pattern is none or matches nothing
     */
    public static List<RunGroup> of(List<RunHistory> runs, Map<String, String> patterns) {
        requireDistinct(runs);
        Map<String, List<RunHistory>> byPattern = new LinkedHashMap<>();
        Map<Object, List<RunHistory>> groups = new LinkedHashMap<>();
        for (RunHistory run : runs) {
            List<RunHistory> members = null;
            for (Map.Entry<String, String> pattern : patterns.entrySet()) {
                if (members == null && matcher(pattern).matches(Path.of(run.name()))) {
                    members = byPattern.computeIfAbsent(pattern.getKey(), key -> new ArrayList<>());
                    groups.put(pattern.getKey(), members);
                }
            }
            if (members == null) {
                members = groups.computeIfAbsent(identity(run), key -> new ArrayList<>());
            }
            members.add(run);
        }
        for (Map.Entry<String, String> pattern : patterns.entrySet()) {
            if (!byPattern.containsKey(pattern.getKey())) {
                throw new IllegalArgumentException(
                        "--group (%s=%s) matches none of the runs' names.%nMaybe it is one of %s."
                                .formatted(
                                        pattern.getKey(),
                                        pattern.getValue(),
                                        runs.stream().map(RunHistory::name).toList()));
            }
        }
        return named(groups);
    }

    private static void requireDistinct(List<RunHistory> runs) {
        Set<Path> seen = new HashSet<>();
        for (RunHistory run : runs) {
            if (!seen.add(run.folder().toAbsolutePath().normalize())) {
                throw new IllegalArgumentException("%s is named twice.".formatted(run.folder()));
            }
        }
    }

    private static PathMatcher matcher(Map.Entry<String, String> pattern) {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + pattern.getValue());
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "--group (%s=%s) must have a pattern such as flow-*: %s."
                            .formatted(pattern.getKey(), pattern.getValue(), e.getDescription()),
                    e);
        }
    }

    private static Map<String, Object> identity(RunHistory run) {
        Map<String, Object> identity = new TreeMap<>(run.config());
        FREE.forEach(identity::remove);
        return identity;
    }

    private static List<RunGroup> named(Map<Object, List<RunHistory>> groups) {
        Map<String, Integer> uses = new HashMap<>();
        List<RunGroup> named = new ArrayList<>();
        groups.forEach((key, runs) -> {
            String name = key instanceof String given ? given : common(runs);
            int use = uses.merge(name, 1, Integer::sum);
            named.add(new RunGroup(use == 1 ? name : "%s (%s)".formatted(name, use), List.copyOf(runs)));
        });
        return named;
    }

    /** Returns what the names begin with, without what leads to the seed: seeds-1 and seeds-2 are seeds. */
    private static String common(List<RunHistory> runs) {
        String first = runs.get(0).name();
        if (runs.size() == 1) {
            return first;
        }
        int length = first.length();
        for (RunHistory run : runs) {
            int same = 0;
            while (same < Math.min(length, run.name().length())
                    && first.charAt(same) == run.name().charAt(same)) {
                same++;
            }
            length = same;
        }
        String name = first.substring(0, length).replaceAll("[-_.]*(seed)?[-_.]*$", "");
        return name.isEmpty()
                ? String.join(", ", runs.stream().map(RunHistory::name).toList())
                : name;
    }
}
