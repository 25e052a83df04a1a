package dev.sluice.cli.internal.compare;

import java.util.List;
import java.util.Optional;

/** Reads a run's test score between its tests: along straight lines. */
final class Progression {
    private Progression() {}

    /**
     * Returns what a run had spent when its test score first reached the target: at the point where the line from the test
     * before crosses it.
     */
    static Optional<Cost> reached(RunHistory run, double target) {
        List<RunHistory.Test> tests = run.tests();
        for (int i = 0; i < tests.size(); i++) {
            if (tests.get(i).score() >= target) {
                return Optional.of(i == 0 ? tests.get(0).cost() : crossing(tests.get(i - 1), tests.get(i), target));
            }
        }
        return Optional.empty();
    }

    private static Cost crossing(RunHistory.Test before, RunHistory.Test after, double target) {
        double share = Double.isNaN(before.score()) ? 1 : (target - before.score()) / (after.score() - before.score());
        return before.cost().towards(after.cost(), share);
    }

    /** Returns the score where an axis has the value; NaN if the run did not come that far. */
    static double score(RunHistory run, Axis axis, double at) {
        List<RunHistory.Test> tests = run.tests();
        for (int i = 0; i < tests.size(); i++) {
            double here = axis.of(tests.get(i).cost());
            if (here >= at) {
                if (i == 0 || here == at) {
                    return tests.get(i).score();
                }
                double there = axis.of(tests.get(i - 1).cost());
                double share = (at - there) / (here - there);
                return tests.get(i - 1).score()
                        + share * (tests.get(i).score() - tests.get(i - 1).score());
            }
        }
        return Double.NaN;
    }
}
