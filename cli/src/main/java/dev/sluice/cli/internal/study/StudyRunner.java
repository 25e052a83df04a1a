package dev.sluice.cli.internal.study;

import dev.sluice.cli.internal.JsonLines;
import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.compare.Comparison;
import dev.sluice.cli.internal.compare.RunGroup;
import dev.sluice.cli.internal.compare.RunHistory;
import dev.sluice.configs.RunFiles;
import dev.sluice.configs.StudyConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Does the runs of a study that are not done yet, one after another, until all are or the time is used up. A run that was
 * stopped is resumed, one that fails is noted and the next one is done.
 */
public final class StudyRunner {
    private static final long POLL_MILLIS = 200;
    private static final double SAVE_SECONDS = 5;

    private final StudyConfig study;
    private final List<StudyConfig.Planned> plan;
    private final StudyFolder folder;
    private final StudyProgress progress;
    private final Map<String, Double> seconds;
    private final Map<Path, FileTime> program = RunProcess.program();

    private StudyRunner(StudyConfig study, List<StudyConfig.Planned> plan, StudyFolder folder, PrintWriter err)
            throws IOException {
        this.study = study;
        this.plan = plan;
        this.folder = folder;
        this.progress = new StudyProgress(err);
        this.seconds = folder.seconds();
    }

    /**
     * What came of it.
     *
     * @param finished runs that are done, now or earlier
     * @param failed why runs failed, by their names
     * @param open runs that the time did not suffice for
     * @param comparison of all runs that have a test score, if there are any
     */
    public record Outcome(int finished, Map<String, String> failed, int open, Optional<Comparison> comparison) {}

    /**
     * Runs a study.
     *
     * @param plan its runs
     * @param err receives the progress
     * @throws IOException if another process works on it, or a file cannot be read or written
     * @throws IllegalArgumentException if its folder has runs with other options
     */
    public static Outcome run(StudyConfig study, List<StudyConfig.Planned> plan, PrintWriter err)
            throws IOException, InterruptedException {
        StudyFolder folder = new StudyFolder(study.folder());
        folder.check(plan);
        FileChannel lock = folder.lock();
        try (lock) {
            folder.begin(RunFiles.yaml(study));
            return new StudyRunner(study, plan, folder, err).run();
        }
    }

    private Outcome run() throws IOException, InterruptedException {
        Map<String, String> failed = new LinkedHashMap<>();
        int finished = 0;
        int open = 0;
        for (int i = 0; i < plan.size(); i++) {
            StudyConfig.Planned run = plan.get(i);
            if (folder.state(run) == StudyFolder.State.FINISHED) {
                finished++;
            } else if (used() >= allowed()) {
                open++;
            } else {
                String failure = train(i);
                if (folder.state(run) == StudyFolder.State.FINISHED) {
                    finished++;
                    progress.note(done(i));
                } else if (failure.isEmpty()) {
                    open++;
                } else {
                    failed.put(run.name(), failure);
                    progress.note("%s failed: %s".formatted(run.name(), failure));
                }
            }
        }
        return new Outcome(finished, failed, open, comparison());
    }

    private double used() {
        return seconds.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    private double allowed() {
        return study.hours() * 3600;
    }

    /** Does a run. Returns why it failed; empty if it did not, or was stopped because the time is used up. */
    private String train(int index) throws IOException, InterruptedException {
        StudyConfig.Planned run = plan.get(index);
        if (!program.equals(RunProcess.program())) {
            throw new IOException(
                    "Sluice was built again while the study ran, and its runs would be of two builds.%nMaybe run the study again: it continues with the new one."
                            .formatted());
        }
        double before = seconds.getOrDefault(run.name(), 0.0);
        long started = System.nanoTime();
        double saved = 0;
        double share = 0;
        boolean resume = folder.run(run).used();
        try (RunProcess process = RunProcess.start(run, folder.log(run), resume)) {
            boolean ended = false;
            while (!ended && used() < allowed()) {
                ended = process.ended(POLL_MILLIS);
                double elapsed = (System.nanoTime() - started) / 1e9;
                seconds.put(run.name(), before + elapsed);
                if (elapsed > saved + SAVE_SECONDS) {
                    folder.seconds(seconds);
                    saved = elapsed;
                }
                share = StudyProgress.share(process.last(), share);
                progress.show(
                        "run %s of %s, %s: %s".formatted(index + 1, plan.size(), run.name(), process.last()),
                        left(index, share));
            }
            folder.seconds(seconds);
            if (!ended) {
                return "";
            }
            int status = process.status();
            return status == 0 ? "" : "exit status %s, %s".formatted(status, process.complaint());
        }
    }

    /**
     * Returns the seconds that all runs still need: as long as earlier seeds of the same run file, else as the mean run,
     * else as the first one is going to take; not finite while nothing is known.
     */
    private double left(int index, double share) throws IOException {
        StudyConfig.Planned now = plan.get(index);
        double whole = share > 0 ? seconds.get(now.name()) / share : Double.NaN;
        Map<String, List<Double>> known = new LinkedHashMap<>();
        for (int i = 0; i < index; i++) {
            StudyConfig.Planned run = plan.get(i);
            Double took = seconds.get(run.name());
            if (took != null) {
                known.computeIfAbsent(run.title(), key -> new ArrayList<>()).add(took);
            }
        }
        double mean = known.values().stream()
                .flatMap(List::stream)
                .mapToDouble(Double::doubleValue)
                .average()
                .orElse(whole);
        double left = Math.max(0, expected(now, known, Double.isNaN(whole) ? mean : whole) - seconds.get(now.name()));
        for (int i = index + 1; i < plan.size(); i++) {
            left += expected(plan.get(i), known, mean);
        }
        return Math.min(left, allowed() - used());
    }

    private static double expected(StudyConfig.Planned run, Map<String, List<Double>> known, double otherwise) {
        return known.getOrDefault(run.title(), List.of()).stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .orElse(otherwise);
    }

    private String done(int index) throws IOException {
        StudyConfig.Planned run = plan.get(index);
        List<Map<String, Object>> tests = JsonLines.read(folder.run(run).evaluations());
        return String.format(
                Locale.ROOT,
                "%s of %s  %s: test score %.3f to %.3f in %s",
                index + 1,
                plan.size(),
                run.name(),
                score(tests.get(0)),
                score(tests.get(tests.size() - 1)),
                Progress.duration((long) (seconds.get(run.name()) * 1e9)));
    }

    private static double score(Map<String, Object> test) {
        return test.get("score") instanceof Number score ? score.doubleValue() : Double.NaN;
    }

    private Optional<Comparison> comparison() throws IOException {
        Map<String, List<RunHistory>> groups = new LinkedHashMap<>();
        for (StudyConfig.Planned run : plan) {
            if (Files.exists(folder.run(run).evaluations())
                    && Files.size(folder.run(run).evaluations()) > 0) {
                groups.computeIfAbsent(run.title(), key -> new ArrayList<>())
                        .add(RunHistory.read(folder.run(run).path()));
            }
        }
        List<RunGroup> named = new ArrayList<>();
        groups.forEach((title, runs) -> named.add(new RunGroup(title, runs)));
        OptionalDouble target = study.target().map(OptionalDouble::of).orElseGet(OptionalDouble::empty);
        return named.isEmpty() ? Optional.empty() : Optional.of(new Comparison(named, target));
    }
}
