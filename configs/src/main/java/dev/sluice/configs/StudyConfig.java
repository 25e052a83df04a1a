package dev.sluice.configs;

import dev.sluice.configs.internal.NotEmpty;
import dev.sluice.configs.internal.Within;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A study: run files, each with every seed, one after another within a time, and then side by side.
 *
 * @param name the study's name, a folder's name
 * @param output the folder of all runs; a relative one starts from the working folder
 * @param runs what is compared; the first is what others are measured against
 * @param seeds each is a run of every run file
 * @param settings keys of run files and their values, such as {@code iterations: 60} or {@code evaluation.every: 20}, for
 *     all runs
 * @param hours time for all of it; what is not done by then is left for another time
 * @param target a test score; the comparison tells what it took to reach it
 */
public record StudyConfig(
        String name,
        String output,
        @NotEmpty List<Run> runs,
        @NotEmpty List<Long> seeds,
        Optional<Map<String, Object>> settings,
        @Within(above = 0, most = 10_000) double hours,
        Optional<Double> target) {
    /**
     * A run file of a study.
     *
     * @param file a run file of {@code sluice train}
     * @param name what it is called in the study; the file's name if left out
     * @param settings keys of the run file and their values, over those of the study
     */
    public record Run(Path file, Optional<String> name, Optional<Map<String, Object>> settings) {
        public Run {
            name.ifPresent(RunNames::require);
        }

        /** Returns what it is called in the study. */
        public String title() {
            return name.orElseGet(() -> file.getFileName().toString().replaceFirst("\\.ya?ml$", ""));
        }
    }

    public StudyConfig {
        RunNames.require(name);
        Set<String> titles = new HashSet<>();
        for (Run run : runs) {
            if (!titles.add(run.title())) {
                throw new IllegalArgumentException(
                        "runs (%s) must have different names.%nMaybe give one of them a name: of its own."
                                .formatted(run.title()));
            }
        }
        if (new HashSet<>(seeds).size() < seeds.size()) {
            throw new IllegalArgumentException("seeds (%s) must name every seed once.".formatted(seeds));
        }
    }

    /** Returns the study's folder, in which every run has its own. */
    public Path folder() {
        return Path.of(output).resolve(name);
    }

    /**
     * A run of a study.
     *
     * @param title of its run file in the study
     * @param file its run file
     * @param settings {@code a.b=value}, the last one winning
     * @param config the run, checked
     */
    public record Planned(String title, Path file, List<String> settings, RunConfig config) {
        /** Returns what tells it from the other runs of the study: its folder's name. */
        public String name() {
            return config.name();
        }
    }

    /**
     * Returns the runs in the order they are to be done in: every run file with the first seed, then with the second, so that a
     * study that is not finished has something of everything.
     *
     * @throws ConfigException with all that is wrong in the first run file that is
     */
    public List<Planned> plan() {
        List<Planned> plan = new ArrayList<>();
        for (long seed : seeds) {
            for (Run run : runs) {
                List<String> all = new ArrayList<>();
                settings.ifPresent(common -> common.forEach((key, value) -> all.add(key + "=" + value)));
                run.settings().ifPresent(own -> own.forEach((key, value) -> all.add(key + "=" + value)));
                all.add("seed=" + seed);
                all.add("name=%s-%s".formatted(run.title(), seed));
                all.add("output='%s'".formatted(folder().toString().replace("'", "''")));
                plan.add(new Planned(run.title(), run.file(), List.copyOf(all), checked(run, all)));
            }
        }
        return plan;
    }

    private static RunConfig checked(Run run, List<String> settings) {
        try {
            return RunFiles.train(run.file(), settings);
        } catch (ConfigException e) {
            throw new ConfigException(e.faults().stream()
                    .map(fault -> "%s in the study: %s".formatted(run.title(), fault))
                    .toList());
        }
    }
}
