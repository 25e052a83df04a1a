package dev.sluice.rewards;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How well a reward agrees with judgments about one axis. What is chosen (the threshold of ties, the steepness of probabilities) is
 * chosen on one half of the prompts and used on the other, both ways. Intervals are those of other prompts.
 *
 * @param pairs comparisons that have a score on both sides
 * @param ties how many of them are ties
 * @param accuracy on what is no tie
 * @param withTies accuracy where small differences are ties; not defined without ties
 * @param calibration on what is no tie
 * @param kendall with the scores that items were given, in pairs or alone; not defined without
 * @param spearman the same
 * @param area how often a labelled good item is above a bad one; not defined without labels
 * @param generatorArea the mean of that within one generator, which knowing the generator's look does not help; not defined if there
 *     is one only
 */
public record PreferenceEvaluation(
        int pairs,
        int ties,
        Bootstrap.Figure accuracy,
        Bootstrap.Figure withTies,
        Calibration calibration,
        Bootstrap.Figure kendall,
        Bootstrap.Figure spearman,
        Bootstrap.Figure area,
        Bootstrap.Figure generatorArea) {
    /**
     * Evaluates.
     *
     * @param data judgments about one axis
     * @param scores one for each item; NaN if it has none
     * @param bootstrap of the intervals
     */
    public static PreferenceEvaluation of(PreferenceData data, double[] scores, Bootstrap bootstrap) {
        int[] prompts = prompts(data);
        List<PreferenceData.Pair> pairs = data.pairs().stream()
                .filter(pair -> !Double.isNaN(scores[pair.a()]) && !Double.isNaN(scores[pair.b()]))
                .toList();
        int[] h = pairs.stream().mapToInt(pair -> pair.verdict().sign()).toArray();
        double[] m = pairs.stream()
                .mapToDouble(pair -> scores[pair.a()] - scores[pair.b()])
                .toArray();
        int[] groups = pairs.stream().mapToInt(pair -> prompts[pair.a()]).toArray();
        int ties = (int) IntStream.of(h).filter(sign -> sign == 0).count();
        double[] thresholds = chosen(h, m, groups, PairAccuracy::bestThreshold);
        double[] right = IntStream.range(0, h.length)
                .mapToDouble(i -> PairAccuracy.withTies(new int[] {h[i]}, new double[] {m[i]}, thresholds[i]))
                .toArray();
        return new PreferenceEvaluation(
                pairs.size(),
                ties,
                bootstrap.figure(groups, some -> PairAccuracy.withoutTies(picked(h, some), picked(m, some))),
                ties == 0
                        ? Bootstrap.Figure.NONE
                        : bootstrap.figure(
                                groups,
                                some -> IntStream.of(some)
                                        .mapToDouble(i -> right[i])
                                        .average()
                                        .orElse(Double.NaN)),
                Calibration.of(h, m, chosen(h, m, groups, Calibration::steepness)),
                ranks(data, scores, prompts, bootstrap, RankCorrelation::kendall),
                ranks(data, scores, prompts, bootstrap, RankCorrelation::spearman),
                area(data, scores, prompts, bootstrap, PreferenceEvaluation::area),
                generators(data) > 1
                        ? area(data, scores, prompts, bootstrap, rows -> generatorArea(data, rows))
                        : Bootstrap.Figure.NONE);
    }

    private static long generators(PreferenceData data) {
        return data.labels().stream()
                .map(label -> data.items().get(label.item()).generator())
                .distinct()
                .count();
    }

    private static int[] prompts(PreferenceData data) {
        Map<String, Integer> numbers = new HashMap<>();
        boolean one = data.items().stream()
                        .map(PreferenceData.Item::prompt)
                        .distinct()
                        .count()
                == 1;
        return data.items().stream()
                .mapToInt(item -> numbers.computeIfAbsent(one ? item.name() : item.prompt(), key -> numbers.size()))
                .toArray();
    }

    /** Returns, for each pair, what the pairs of the other half of the prompts choose; of one prompt there is no half. */
    private static double[] chosen(int[] h, double[] m, int[] groups, ToDoubleBiFunction<int[], double[]> choice) {
        Map<Integer, Integer> places = new HashMap<>();
        for (int group : new TreeSet<>(IntStream.of(groups).boxed().toList())) {
            places.put(group, places.size());
        }
        double[] chosen = new double[h.length];
        for (int half = 0; half < 2; half++) {
            int side = half;
            int[] own = IntStream.range(0, h.length)
                    .filter(i -> places.get(groups[i]) % 2 == side)
                    .toArray();
            int[] other = IntStream.range(0, h.length)
                    .filter(i -> places.size() == 1 || places.get(groups[i]) % 2 != side)
                    .toArray();
            double value = choice.applyAsDouble(picked(h, other), picked(m, other));
            for (int i : own) {
                chosen[i] = value;
            }
        }
        return chosen;
    }

    private interface Correlation {
        OptionalDouble of(double[] one, double[] other);
    }

    private static Bootstrap.Figure ranks(
            PreferenceData data, double[] scores, int[] prompts, Bootstrap bootstrap, Correlation correlation) {
        Map<Integer, Double> given = new LinkedHashMap<>();
        for (PreferenceData.Pair pair : data.pairs()) {
            pair.scores().ifPresent(both -> {
                given.put(pair.a(), both.get(0));
                given.put(pair.b(), both.get(1));
            });
        }
        data.ratings().forEach(rating -> given.put(rating.item(), rating.score()));
        given.keySet().removeIf(item -> Double.isNaN(scores[item]));
        if (given.isEmpty()) {
            return Bootstrap.Figure.NONE;
        }
        int[] items = given.keySet().stream().mapToInt(Integer::intValue).toArray();
        double[] own = IntStream.of(items).mapToDouble(item -> scores[item]).toArray();
        double[] theirs = IntStream.of(items).mapToDouble(given::get).toArray();
        int[] groups = IntStream.of(items).map(item -> prompts[item]).toArray();
        return bootstrap.figure(
                groups,
                some -> correlation.of(picked(own, some), picked(theirs, some)).orElse(Double.NaN));
    }

    /** A labelled item with its score. */
    private record Row(int item, boolean good, double score) {}

    private static Bootstrap.Figure area(
            PreferenceData data,
            double[] scores,
            int[] prompts,
            Bootstrap bootstrap,
            ToDoubleFunction<List<Row>> area) {
        List<Row> rows = data.labels().stream()
                .map(label -> new Row(label.item(), label.good(), scores[label.item()]))
                .toList();
        if (rows.isEmpty()) {
            return Bootstrap.Figure.NONE;
        }
        int[] groups = rows.stream().mapToInt(row -> prompts[row.item()]).toArray();
        return bootstrap.figure(
                groups,
                some -> area.applyAsDouble(
                        IntStream.of(some).mapToObj(rows::get).toList()));
    }

    private static double area(List<Row> rows) {
        return PairAccuracy.area(
                rows.stream().filter(Row::good).mapToDouble(Row::score).toArray(),
                rows.stream().filter(row -> !row.good()).mapToDouble(Row::score).toArray());
    }

    private static double generatorArea(PreferenceData data, List<Row> rows) {
        return rows.stream()
                .map(row -> data.items().get(row.item()).generator())
                .distinct()
                .mapToDouble(generator -> area(rows.stream()
                        .filter(row -> data.items().get(row.item()).generator().equals(generator))
                        .toList()))
                .filter(one -> !Double.isNaN(one))
                .average()
                .orElse(Double.NaN);
    }

    private static int[] picked(int[] from, int[] which) {
        return IntStream.of(which).map(i -> from[i]).toArray();
    }

    private static double[] picked(double[] from, int[] which) {
        return IntStream.of(which).mapToDouble(i -> from[i]).toArray();
    }
}
