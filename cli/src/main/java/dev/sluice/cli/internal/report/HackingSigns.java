package dev.sluice.cli.internal.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.JsonNode;

/**
 * What in a run's numbers looks like a reward that is being hacked, in words.
 *
 * @param apart where the training reward and the test score go different ways
 * @param narrow where the rewards of a group no longer differ as they did
 */
public record HackingSigns(List<String> apart, List<String> narrow) {
    /** Tests in a row that a rise or a fall must last. */
    private static final int RUN = 3;

    /** So many iterations at the start are compared with as many at the end: fewer differ by chance. */
    private static final int SPAN = 10;

    public HackingSigns {
        apart = List.copyOf(apart);
        narrow = List.copyOf(narrow);
    }

    /**
     * Reads a run's folder.
     *
     * @throws IOException if it is not there or cannot be read
     */
    public static HackingSigns read(Path folder) throws IOException {
        return of(RunData.numbers(folder));
    }

    /** Looks at a run's numbers. */
    static HackingSigns of(RunData run) {
        List<String> apart = new ArrayList<>();
        List<Test> tests = tests(run);
        int last = tests.size() - 1;
        if (last >= RUN) {
            List<Test> newest = tests.subList(last - RUN, last + 1);
            if (monotone(newest, Test::reward, 1) && monotone(newest, Test::score, -1)) {
                apart.add("The training reward rose over the last %s tests while the test score fell.".formatted(RUN));
            }
        }
        before(run).filter(start -> last > 0).ifPresent(start -> {
            Test now = tests.get(last);
            if (now.reward > tests.get(0).reward && now.high < start.low) {
                apart.add("The training reward rose, but the test score (%s) is below what it was before training (%s)."
                        .formatted(Chart.tick(now.score), Chart.tick(start.score)));
            }
        });
        return new HackingSigns(apart, narrow(run));
    }

    private static List<String> narrow(RunData run) {
        List<Chart.Point> spread = run.curve("reward.group_std");
        if (spread.size() < 2 * SPAN) {
            return List.of();
        }
        double before = mean(spread.subList(0, SPAN));
        double now = mean(spread.subList(spread.size() - SPAN, spread.size()));
        return now >= before / 2
                ? List.of()
                : List.of(
                        "The deviation of rewards within groups is less than half of what it was at the start (%s, %s)."
                                .formatted(Chart.tick(now), Chart.tick(before)));
    }

    private static double mean(List<Chart.Point> points) {
        return points.stream().mapToDouble(Chart.Point::y).average().orElseThrow();
    }

    /** Returns all of them. */
    public List<String> all() {
        List<String> all = new ArrayList<>(apart);
        all.addAll(narrow);
        return all;
    }

    /**
     * A test of a run.
     *
     * @param reward the mean training reward since the test before
     * @param score the mean test score
     * @param low the lower end of its interval
     * @param high the upper end
     * @param distance of the model to the one it started from; NaN if it was not measured
     */
    record Test(double reward, double score, double low, double high, double distance) {
        private static Test of(double reward, JsonNode line) {
            double score = line.path("score").asDouble();
            return new Test(
                    reward,
                    score,
                    line.path("low").asDouble(score),
                    line.path("high").asDouble(score),
                    line.path("distance").asDouble(Double.NaN));
        }
    }

    /** Returns the tests that have iterations before them, in order. */
    static List<Test> tests(RunData run) {
        List<Chart.Point> rewards = run.curve("reward.mean");
        List<Test> tests = new ArrayList<>();
        double from = 0;
        for (JsonNode line : run.evaluations()) {
            double start = from;
            double end = line.path(RunData.STEP).asDouble();
            rewards.stream()
                    .filter(reward -> reward.x() >= start && reward.x() < end)
                    .mapToDouble(Chart.Point::y)
                    .average()
                    .ifPresent(mean -> tests.add(Test.of(mean, line)));
            from = end;
        }
        return tests;
    }

    /** Returns the test before the first iteration, if it has a score. */
    private static Optional<Test> before(RunData run) {
        return run.evaluations().stream()
                .filter(line -> line.path(RunData.STEP).asLong(-1) == 0
                        && line.path("score").isNumber())
                .findFirst()
                .map(line -> Test.of(Double.NaN, line));
    }

    private static boolean monotone(List<Test> tests, ToDoubleFunction<Test> value, int sign) {
        for (int i = 1; i < tests.size(); i++) {
            if (!(sign * (value.applyAsDouble(tests.get(i)) - value.applyAsDouble(tests.get(i - 1))) > 0)) {
                return false;
            }
        }
        return true;
    }
}
