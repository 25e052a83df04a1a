package dev.sluice.cli.internal.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * Runs that differ by their seeds.
 *
 * @param name what tables call it
 * @param runs at least one
 */
public record RunGroup(String name, List<RunHistory> runs) {
    /**
     * A point of a curve over the runs.
     *
     * @param at the mean of where the runs are
     * @param value the values there
     */
    public record Point(double at, Spread value) {}

    /** Returns the spread of one number of each run. */
    Spread spread(ToDoubleFunction<RunHistory> value) {
        return Spread.of(runs.stream().map(value::applyAsDouble).toList());
    }

    /** Returns the curve of a number of the tests, at each over those runs that have come so far. */
    public List<Point> tests(Axis axis, ToDoubleFunction<RunHistory.Test> value) {
        List<Reading> readings = new ArrayList<>();
        for (RunHistory run : runs) {
            run.tests().forEach(test -> readings.add(new Reading(test.cost(), value.applyAsDouble(test))));
        }
        return curve(axis, readings);
    }

    /**
     * Returns the curve of a number of the iterations, at each over those runs that have come so far; in each run a mean
     * over a window of a twentieth of it.
     */
    public List<Point> iterations(Axis axis, ToDoubleFunction<RunHistory.Iteration> value) {
        List<Reading> readings = new ArrayList<>();
        for (RunHistory run : runs) {
            List<RunHistory.Iteration> all = run.iterations();
            int reach = all.size() / 40;
            for (int i = 0; i < all.size(); i++) {
                Spread around =
                        Spread.of(all.subList(Math.max(0, i - reach), Math.min(all.size(), i + reach + 1)).stream()
                                .map(value::applyAsDouble)
                                .toList());
                readings.add(new Reading(all.get(i).cost(), around.mean()));
            }
        }
        return curve(axis, readings);
    }

    /** A number of one run and what the run had spent then. */
    private record Reading(Cost cost, double value) {}

    private static List<Point> curve(Axis axis, List<Reading> readings) {
        NavigableMap<Double, List<Reading>> byIteration = new TreeMap<>();
        readings.forEach(reading -> byIteration
                .computeIfAbsent(reading.cost().iterations(), key -> new ArrayList<>())
                .add(reading));
        List<Point> points = new ArrayList<>();
        for (List<Reading> together : byIteration.values()) {
            Spread at = Spread.of(
                    together.stream().map(reading -> axis.of(reading.cost())).toList());
            Spread value = Spread.of(together.stream().map(Reading::value).toList());
            if (at.present() && value.present()) {
                points.add(new Point(at.mean(), value));
            }
        }
        return points;
    }

    /** Returns the mean training reward between two tests against the score of the later one, in the order of the tests. */
    public List<Point> proxyAgainstGold() {
        List<Point> proxies = between();
        List<Point> points = new ArrayList<>();
        NavigableMap<Double, Point> gold = new TreeMap<>();
        tests(Axis.ITERATIONS, RunHistory.Test::score).forEach(point -> gold.put(point.at(), point));
        for (Point proxy : proxies) {
            Point score = gold.get(proxy.at());
            if (score != null) {
                points.add(new Point(proxy.value().mean(), score.value()));
            }
        }
        return points;
    }

    private List<Point> between() {
        NavigableMap<Double, List<Double>> means = new TreeMap<>();
        for (RunHistory run : runs) {
            for (int i = 1; i < run.tests().size(); i++) {
                double from = run.tests().get(i - 1).cost().iterations();
                double to = run.tests().get(i).cost().iterations();
                Spread mean = Spread.of(run.iterations().subList((int) from, (int) to).stream()
                        .map(RunHistory.Iteration::reward)
                        .toList());
                means.computeIfAbsent(to, key -> new ArrayList<>()).add(mean.mean());
            }
        }
        List<Point> points = new ArrayList<>();
        means.forEach((at, values) -> points.add(new Point(at, Spread.of(values))));
        return points;
    }
}
