package dev.sluice.rewards;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Whether what compares two samples sees them, or where they stand: the same two are compared in both orders, and one with itself.
 * Intervals are those of other prompts.
 *
 * @param pairs that have a verdict in both orders
 * @param consistent the share of pairs whose winner, or whose tie, is the same in both orders
 * @param first how probably the one that is shown first wins, over both orders; ½ if the place does not matter
 * @param identical how probably the first of two that are the same wins; ½, as neither is better
 * @param reasons why pairs have no verdict, by their index
 */
public record PositionBias(
        int pairs,
        Bootstrap.Figure consistent,
        Bootstrap.Figure first,
        Bootstrap.Figure identical,
        Map<Integer, String> reasons) {
    /** So many prompts have a pair in one call, so that a judge can be asked side by side. */
    private static final int TOGETHER = 16;

    /**
     * Two samples of one prompt.
     *
     * @param prompt its text
     * @param one is shown first at first
     * @param other is shown first after that
     */
    public record Pair(String prompt, SampleSource one, SampleSource other) {}

    /**
     * Asks about pairs.
     *
     * @param reward gives the samples of one prompt in a call the shares of their opponents that they beat, the opponents being
     *     shown in the order of the call
     * @param bootstrap of the intervals
     */
    public static PositionBias of(Reward reward, List<Pair> pairs, Bootstrap bootstrap) {
        double[] forth = new double[pairs.size()];
        double[] back = new double[pairs.size()];
        double[] same = new double[pairs.size()];
        List.of(forth, back, same).forEach(values -> Arrays.fill(values, Double.NaN));
        Map<Integer, String> reasons = new LinkedHashMap<>();
        for (List<Integer> together : calls(pairs)) {
            List<Integer> asked = new ArrayList<>();
            List<Sample> samples = new ArrayList<>();
            for (int index : together) {
                try {
                    Sample one = pairs.get(index).one().read();
                    samples.addAll(List.of(one, pairs.get(index).other().read()));
                    asked.add(index);
                } catch (IOException e) {
                    reasons.put(index, String.valueOf(e.getMessage()));
                }
            }
            ask(reward, samples, 0, 1, asked, forth, reasons);
            ask(reward, samples, 1, 0, asked, back, reasons);
            ask(reward, samples, 0, 0, asked, same, reasons);
        }
        return of(forth, back, same, pairs.stream().map(Pair::prompt).toList(), reasons, bootstrap);
    }

    /** Returns the indices of pairs, no two of one prompt in a call. */
    private static List<List<Integer>> calls(List<Pair> pairs) {
        List<List<Integer>> calls = new ArrayList<>();
        List<Set<String>> prompts = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i++) {
            int call = 0;
            while (call < calls.size()
                    && (calls.get(call).size() == TOGETHER
                            || prompts.get(call).contains(pairs.get(i).prompt()))) {
                call++;
            }
            if (call == calls.size()) {
                calls.add(new ArrayList<>());
                prompts.add(new HashSet<>());
            }
            calls.get(call).add(i);
            prompts.get(call).add(pairs.get(i).prompt());
        }
        return calls;
    }

    private static void ask(
            Reward reward,
            List<Sample> samples,
            int first,
            int second,
            List<Integer> asked,
            double[] wins,
            Map<Integer, String> reasons) {
        if (asked.isEmpty()) {
            return;
        }
        List<Sample> shown = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            shown.add(samples.get(2 * i + first));
            shown.add(samples.get(2 * i + second));
        }
        Scores scores = reward.score(shown);
        for (int i = 0; i < asked.size(); i++) {
            for (int place : new int[] {2 * i, 2 * i + 1}) {
                if (!scores.valid(place)) {
                    reasons.putIfAbsent(asked.get(i), scores.reasons().get(place));
                }
            }
            wins[asked.get(i)] = (1 + scores.values()[2 * i] - scores.values()[2 * i + 1]) / 2;
        }
    }

    /**
     * Sums up verdicts.
     *
     * @param forth how probably the first of each pair wins when it is shown first; NaN if that is not known
     * @param back how probably the second of it wins when that is shown first
     * @param same how probably the first wins against itself; NaN if nobody asked
     * @param texts the prompt of each pair
     * @param reasons why some are not known
     * @throws IllegalArgumentException if the lengths differ
     */
    public static PositionBias of(
            double[] forth,
            double[] back,
            double[] same,
            List<String> texts,
            Map<Integer, String> reasons,
            Bootstrap bootstrap) {
        if (forth.length != back.length || forth.length != same.length || forth.length != texts.size()) {
            throw new IllegalArgumentException(
                    "forth, back, same and texts have %s, %s, %s and %s entries; they must be equal."
                            .formatted(forth.length, back.length, same.length, texts.size()));
        }
        double[] alike = new double[forth.length];
        double[] first = new double[forth.length];
        for (int i = 0; i < forth.length; i++) {
            boolean known = Double.isFinite(forth[i]) && Double.isFinite(back[i]);
            alike[i] = !known ? Double.NaN : Math.signum(forth[i] - 0.5) == -Math.signum(back[i] - 0.5) ? 1 : 0;
            first[i] = (forth[i] + back[i]) / 2;
        }
        int[] prompts = prompts(texts);
        return new PositionBias(
                (int) Arrays.stream(alike).filter(Double::isFinite).count(),
                mean(alike, prompts, bootstrap),
                mean(first, prompts, bootstrap),
                mean(same, prompts, bootstrap),
                Map.copyOf(reasons));
    }

    /** Of one prompt the interval is that of other pairs. */
    private static int[] prompts(List<String> texts) {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        int[] prompts = texts.stream()
                .mapToInt(text -> numbers.computeIfAbsent(text, key -> numbers.size()))
                .toArray();
        return numbers.size() > 1 ? prompts : IntStream.range(0, prompts.length).toArray();
    }

    private static Bootstrap.Figure mean(double[] values, int[] prompts, Bootstrap bootstrap) {
        return values.length == 0
                ? Bootstrap.Figure.NONE
                : bootstrap.figure(
                        prompts,
                        some -> Arrays.stream(some)
                                .mapToDouble(i -> values[i])
                                .filter(Double::isFinite)
                                .average()
                                .orElse(Double.NaN));
    }
}
