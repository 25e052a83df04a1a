package dev.sluice.cli.internal.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** The tables of a comparison: a row for each group, means over its runs with the deviation between them. */
final class Tables {
    private static final String SCORE = "%.3f";
    private static final String COUNT = "%,.0f";
    private static final String NONE = "–";

    private final List<RunGroup> groups;

    Tables(Comparison comparison) {
        this.groups = comparison.groups();
    }

    /** Returns what the runs reached: nothing in it depends on a clock. */
    Sheet scores() {
        List<List<String>> rows = new ArrayList<>();
        for (RunGroup group : groups) {
            Spread change =
                    group.spread(run -> run.after().score() - run.before().score());
            rows.add(List.of(
                    group.name(),
                    seeds(group),
                    iterations(group),
                    group.spread(run -> run.before().score()).text(SCORE),
                    group.spread(run -> run.after().score()).text(SCORE),
                    change.text("%+.3f"),
                    peak(group),
                    group.spread(run -> run.after().unseen()).text(SCORE),
                    group.spread(run -> run.before().diversity()).text(SCORE),
                    group.spread(run -> run.after().diversity()).text(SCORE)));
        }
        return new Sheet(
                "Test score",
                List.of(
                        "run",
                        "seeds",
                        ">iterations",
                        ">before",
                        ">after",
                        ">change",
                        ">highest mean",
                        ">unseen after",
                        ">diversity before",
                        ">after"),
                rows,
                "Mean ± deviation between seeds. Unseen: prompts whose combination no training prompt has.");
    }

    private static String seeds(RunGroup group) {
        return String.join(", ", group.runs().stream().map(RunHistory::seed).toList());
    }

    /** Returns how far the runs are, and of how many iterations where one is not finished. */
    private static String iterations(RunGroup group) {
        long[] done = group.runs().stream()
                .mapToLong(run -> (long) run.spent().iterations())
                .sorted()
                .distinct()
                .toArray();
        String text = done.length == 1 ? "" + done[0] : done[0] + " to " + done[done.length - 1];
        return group.runs().stream()
                .filter(run -> !run.finished())
                .findFirst()
                .map(run -> text + " of " + run.config().get("iterations"))
                .orElse(text);
    }

    /** Returns the highest point of the mean curve: that of each run by itself would flatter runs that scatter. */
    private static String peak(RunGroup group) {
        return group.tests(Axis.ITERATIONS, RunHistory.Test::score).stream()
                .max((one, other) ->
                        Double.compare(one.value().mean(), other.value().mean()))
                .map(point ->
                        String.format(Locale.ROOT, "%.3f at %.0f", point.value().mean(), point.at()))
                .orElse(NONE);
    }

    /** Returns what each of several judges says before and after. */
    Sheet judges(List<String> judges) {
        List<String> headings = new ArrayList<>(List.of("run"));
        judges.forEach(judge -> headings.addAll(List.of(">" + judge + " before", ">after")));
        List<List<String>> rows = new ArrayList<>();
        for (RunGroup group : groups) {
            List<String> row = new ArrayList<>(List.of(group.name()));
            for (String judge : judges) {
                row.add(group.spread(run -> run.before().part(judge)).text(SCORE));
                row.add(group.spread(run -> run.after().part(judge)).text(SCORE));
            }
            rows.add(row);
        }
        return new Sheet("Judges of the test", headings, rows, "Means over the samples, before the judges' weights.");
    }

    /** Returns what training itself saw: the proxy, and how far the policy went for it. */
    Sheet training() {
        List<List<String>> rows = new ArrayList<>();
        for (RunGroup group : groups) {
            rows.add(List.of(
                    group.name(),
                    group.spread(run -> head(run, RunHistory.Iteration::reward)).text(SCORE),
                    group.spread(run -> tail(run, RunHistory.Iteration::reward)).text(SCORE),
                    group.spread(run -> head(run, RunHistory.Iteration::rewardDeviation))
                            .text(SCORE),
                    group.spread(run -> tail(run, RunHistory.Iteration::rewardDeviation))
                            .text(SCORE),
                    group.spread(run -> tail(run, RunHistory.Iteration::kl)).text("%.1e"),
                    group.spread(run -> tail(run, RunHistory.Iteration::approximateKl))
                            .text("%.1e"),
                    group.spread(run -> tail(run, RunHistory.Iteration::clipped))
                            .text(SCORE)));
        }
        return new Sheet(
                "Training",
                List.of(
                        "run",
                        ">reward first",
                        ">last",
                        ">group deviation first",
                        ">last",
                        ">KL",
                        ">approximate KL",
                        ">clipped"),
                rows,
                "Means over the first and the last tenth of the iterations; KL and clipped ratios: the last.");
    }

    private static double head(RunHistory run, ToDoubleFunction<RunHistory.Iteration> value) {
        List<RunHistory.Iteration> all = run.iterations();
        return mean(all.subList(0, tenth(all)), value);
    }

    private static double tail(RunHistory run, ToDoubleFunction<RunHistory.Iteration> value) {
        List<RunHistory.Iteration> all = run.iterations();
        return mean(all.subList(all.size() - tenth(all), all.size()), value);
    }

    private static int tenth(List<RunHistory.Iteration> all) {
        return (all.size() + 9) / 10;
    }

    private static double mean(List<RunHistory.Iteration> some, ToDoubleFunction<RunHistory.Iteration> value) {
        return Spread.of(some.stream().map(value::applyAsDouble).toList()).mean();
    }

    /** Returns what the runs spent. */
    Sheet costs() {
        List<List<String>> rows = new ArrayList<>();
        for (RunGroup group : groups) {
            List<String> row = new ArrayList<>(List.of(group.name()));
            for (Axis axis : List.of(Axis.UPDATES, Axis.SAMPLES, Axis.PASSES, Axis.SECONDS)) {
                row.add(group.spread(run -> axis.of(run.spent())).text(COUNT));
            }
            row.add(group.spread(run -> run.spent().seconds() / run.spent().iterations())
                    .text("%.2f"));
            rows.add(row);
        }
        return new Sheet(
                "Cost",
                List.of("run", ">updates", ">samples", ">passes", ">seconds", ">seconds/iteration"),
                rows,
                "A pass is one sample once through the network, in rollouts and updates. Tests are not counted.");
    }

    /** Returns the scores where all have spent as much as the one that spent least. */
    Sheet atEqualCost() {
        List<Axis> axes = Arrays.asList(Axis.values());
        List<String> headings = new ArrayList<>(List.of("run"));
        double[] at = new double[axes.size()];
        for (int i = 0; i < at.length; i++) {
            Axis axis = axes.get(i);
            at[i] = groups.stream()
                    .flatMap(group -> group.runs().stream())
                    .mapToDouble(run -> axis.of(run.after().cost()))
                    .min()
                    .orElseThrow();
            headings.add(
                    Double.isNaN(at[i])
                            ? ">" + axis.word()
                            : String.format(Locale.ROOT, ">%,.0f %s", at[i], axis.word()));
        }
        List<List<String>> rows = new ArrayList<>();
        for (RunGroup group : groups) {
            List<String> row = new ArrayList<>(List.of(group.name()));
            for (int i = 0; i < at.length; i++) {
                Axis axis = axes.get(i);
                double least = at[i];
                row.add(group.spread(run -> Progression.score(run, axis, least)).text(SCORE));
            }
            rows.add(row);
        }
        return new Sheet(
                "Test score at equal cost",
                headings,
                rows,
                "What the run that spent least had spent at its last test; between two tests on a straight line.");
    }

    /** Returns what it took to reach a score, against the first group. */
    Sheet toTarget(double target) {
        List<List<String>> rows = new ArrayList<>();
        List<Spread> first = new ArrayList<>();
        for (RunGroup group : groups) {
            List<Cost> costs = group.runs().stream()
                    .map(run -> Progression.reached(run, target))
                    .flatMap(Optional::stream)
                    .toList();
            List<String> row = new ArrayList<>(List.of(
                    group.name(),
                    "%s of %s".formatted(costs.size(), group.runs().size())));
            List<String> ratios = new ArrayList<>();
            for (Axis axis : Axis.values()) {
                Spread spread = Spread.of(costs.stream().map(axis::of).toList());
                row.add(spread.text(COUNT));
                if (first.size() < Axis.values().length) {
                    first.add(spread);
                }
                if (axis == Axis.UPDATES || axis == Axis.SECONDS) {
                    ratios.add(ratio(spread, first.get(axis.ordinal())));
                }
            }
            row.addAll(ratios);
            rows.add(row);
        }
        return new Sheet(
                String.format(Locale.ROOT, "To a test score of %s", target),
                List.of(
                        "run",
                        ">reached",
                        ">iterations",
                        ">updates",
                        ">samples",
                        ">passes",
                        ">seconds",
                        ">× updates",
                        ">× seconds"),
                rows,
                "Means of the seeds that reached it; between two tests on a straight line. ×: of the first row's.");
    }

    private static String ratio(Spread one, Spread first) {
        double ratio = one.mean() / first.mean();
        return Double.isFinite(ratio) ? String.format(Locale.ROOT, "%.2f", ratio) : NONE;
    }
}
