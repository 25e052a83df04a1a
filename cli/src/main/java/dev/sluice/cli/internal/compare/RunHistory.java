package dev.sluice.cli.internal.compare;

import dev.sluice.cli.internal.JsonLines;
import dev.sluice.cli.internal.RunFolder;
import dev.sluice.configs.RunFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What the folder of one alignment run says of its way, finished or not.
 *
 * @param folder the run's folder
 * @param config its resolved run file, as maps, lists and texts
 * @param iterations in their order
 * @param tests in their order, at least one
 */
public record RunHistory(Path folder, Map<String, Object> config, List<Iteration> iterations, List<Test> tests) {
    private static final String STEP = "step";

    /**
     * An iteration.
     *
     * @param cost spent up to its end
     * @param reward mean reward of its samples, the proxy
     * @param rewardDeviation of the rewards within a group
     * @param kl to the reference; NaN if the loss does not measure it
     * @param approximateKl to the policy that sampled
     * @param clipped share of the ratios beyond the clip range
     */
    public record Iteration(
            Cost cost, double reward, double rewardDeviation, double kl, double approximateKl, double clipped) {}

    /**
     * A test.
     *
     * @param cost spent before it
     * @param score of the test prompts, the gold
     * @param low lower end of its interval
     * @param high upper end of its interval
     * @param unseen score of the unseen combinations; NaN if the test prompts have none
     * @param diversity mean distance of a prompt's samples; NaN if it was not measured
     * @param parts what each of several judges says; empty with one
     */
    public record Test(
            Cost cost,
            double score,
            double low,
            double high,
            double unseen,
            double diversity,
            Map<String, Double> parts) {
        /** Returns what a judge says; NaN if it was not asked. */
        public double part(String judge) {
            return parts.getOrDefault(judge, Double.NaN);
        }
    }

    /**
     * Reads a run's folder.
     *
     * @throws IOException if it is not an alignment run's folder, has no test yet, or a file in it is broken
     */
    public static RunHistory read(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException(
                    "%s is not a folder; expected one that a run left, such as runs/demo.".formatted(folder));
        }
        RunFolder run = new RunFolder(folder);
        if (!Files.exists(run.metrics()) || !Files.exists(run.config())) {
            throw new IOException("%s has no %s, so it is not a run's folder."
                    .formatted(folder, Files.exists(run.config()) ? "metrics.jsonl" : "config.yaml"));
        }
        Map<String, Object> config = RunFiles.tree(run.config());
        if (!config.containsKey("rewards")) {
            throw new IOException(
                    "%s is not an alignment run; its config.yaml has no rewards.%nMaybe name a run of sluice train."
                            .formatted(folder));
        }
        // The tests first: a run that goes on meanwhile writes an iteration before its test.
        List<Map<String, Object>> evaluations = lines(run.evaluations());
        List<Iteration> iterations = iterations(run, samples(config));
        List<Test> tests = tests(run, evaluations, iterations);
        if (tests.isEmpty()) {
            throw new IOException(
                    "%s has no test score yet; its evaluation.jsonl is missing or empty.".formatted(folder));
        }
        return new RunHistory(folder, config, List.copyOf(iterations), List.copyOf(tests));
    }

    /** Runs of the time before samples were counted have them in their options. */
    private static double samples(Map<String, Object> config) {
        try {
            return config.get("batch") instanceof Map<?, ?> batch
                    ? Double.parseDouble(String.valueOf(batch.get("prompts")))
                            * Double.parseDouble(String.valueOf(batch.get("groupSize")))
                    : Double.NaN;
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static List<Iteration> iterations(RunFolder run, double usualSamples) throws IOException {
        Map<Object, Map<String, Object>> timings = new HashMap<>();
        for (Map<String, Object> line : lines(run.timing())) {
            timings.put(line.get(STEP), line);
        }
        List<Iteration> iterations = new ArrayList<>();
        Cost cost = Cost.NONE;
        for (Map<String, Object> line : JsonLines.read(run.metrics())) {
            double samples = number(line, "samples");
            cost = cost.plus(
                    number(line, "updates"),
                    Double.isNaN(samples) ? usualSamples : samples,
                    number(line, "passes"),
                    number(timings.getOrDefault(line.get(STEP), Map.of()), "seconds.total"));
            iterations.add(new Iteration(
                    cost,
                    number(line, "reward.mean"),
                    number(line, "reward.group_std"),
                    number(line, "kl"),
                    number(line, "approximate_kl"),
                    number(line, "clip.above") + number(line, "clip.below")));
        }
        return iterations;
    }

    private static List<Map<String, Object>> lines(Path file) throws IOException {
        return Files.exists(file) ? JsonLines.read(file) : List.of();
    }

    private static List<Test> tests(RunFolder run, List<Map<String, Object>> lines, List<Iteration> iterations)
            throws IOException {
        NavigableMap<Long, Cost> spent = new TreeMap<>(Map.of(0L, Cost.NONE));
        iterations.forEach(iteration -> spent.put((long) iteration.cost().iterations(), iteration.cost()));
        List<Test> tests = new ArrayList<>();
        for (Map<String, Object> line : lines) {
            Cost cost = line.get(STEP) instanceof Number done ? spent.get(done.longValue()) : null;
            if (cost == null) {
                throw new IOException("%s: a line's step (%s) must be a number of iterations that metrics.jsonl has."
                        .formatted(run.evaluations(), line.get(STEP)));
            }
            Object unseen = line.get("unseen");
            tests.add(new Test(
                    cost,
                    number(line, "score"),
                    number(line, "low"),
                    number(line, "high"),
                    unseen instanceof Map<?, ?> scores ? number(scores, "score") : Double.NaN,
                    number(line, "diversity"),
                    parts(line)));
        }
        return tests;
    }

    private static Map<String, Double> parts(Map<String, Object> line) {
        Map<String, Double> parts = new LinkedHashMap<>();
        if (line.get("parts") instanceof Map<?, ?> judges) {
            judges.keySet().forEach(judge -> parts.put(String.valueOf(judge), number(judges, String.valueOf(judge))));
        }
        return parts;
    }

    private static double number(Map<?, ?> line, String key) {
        return line.get(key) instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    /** Returns the folder's name. */
    public String name() {
        return folder.toAbsolutePath().normalize().getFileName().toString();
    }

    /** Returns what the run's randomness is named by. */
    public String seed() {
        return String.valueOf(config.get("seed"));
    }

    /** Returns what the run has spent. */
    public Cost spent() {
        return iterations.isEmpty()
                ? Cost.NONE
                : iterations.get(iterations.size() - 1).cost();
    }

    /** Returns the first test. */
    public Test before() {
        return tests.get(0);
    }

    /** Returns the newest test. */
    public Test after() {
        return tests.get(tests.size() - 1);
    }

    /** Returns whether it has all the iterations that its options ask for. */
    public boolean finished() {
        return String.valueOf((long) spent().iterations()).equals(String.valueOf(config.get("iterations")));
    }
}
