package dev.sluice.cli.internal;

import dev.sluice.rewards.WeightCalibration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The weights with which a sum of rewards follows one of them best, in words. */
public final class FittingWeights {
    private static final int MOST = 4;
    private static final int PROMPTS = 5;

    private FittingWeights() {}

    /**
     * Returns a sentence or two; nothing for fewer than two rewards beside the gold or more than four, or where fewer than five prompts
     * have samples that the gold tells apart. Each reward counts in deviations of its scores within prompts.
     *
     * @param labels of the rewards
     * @param scores of each reward, one for each sample; NaN where there is none
     * @param gold which of them is followed
     * @param texts the prompt of each sample
     */
    public static List<String> lines(List<String> labels, double[][] scores, int gold, List<String> texts) {
        int[] others = IntStream.range(0, labels.size()).filter(k -> k != gold).toArray();
        if (others.length < 2 || others.length > MOST) {
            return List.of();
        }
        Map<String, List<Integer>> members = new LinkedHashMap<>();
        for (int i = 0; i < texts.size(); i++) {
            int sample = i;
            if (IntStream.range(0, scores.length).allMatch(k -> Double.isFinite(scores[k][sample]))) {
                members.computeIfAbsent(texts.get(i), text -> new ArrayList<>()).add(i);
            }
        }
        members.values()
                .removeIf(group ->
                        group.stream().map(i -> scores[gold][i]).distinct().count() < 2);
        if (members.size() < PROMPTS) {
            return List.of();
        }
        List<Integer> samples = members.values().stream().flatMap(List::stream).toList();
        Map<String, Integer> numbers = new HashMap<>();
        int[] prompts = samples.stream()
                .mapToInt(i -> numbers.computeIfAbsent(texts.get(i), text -> numbers.size()))
                .toArray();
        double[][] rewards = IntStream.of(others)
                .mapToObj(k -> inDeviations(scores[k], members))
                .toArray(double[][]::new);
        double[] judge = samples.stream().mapToDouble(i -> scores[gold][i]).toArray();
        WeightCalibration fit = WeightCalibration.fit(rewards, judge, prompts);
        String weights = IntStream.range(0, others.length)
                .mapToObj(k -> labels.get(others[k])
                        + String.format(Locale.ROOT, " %.2f", fit.weights().get(k)))
                .collect(Collectors.joining(", "));
        return List.of(
                "Weights whose sum follows %s best, each reward in its deviations within prompts: %s."
                        .formatted(labels.get(gold), weights),
                String.format(
                        Locale.ROOT,
                        "Mean correlation within prompts: %.3f; on each fifth of the prompts that took no part, %.3f to %.3f.",
                        fit.agreement(),
                        Collections.min(fit.unseen()),
                        Collections.max(fit.unseen())));
    }

    /** Returns the scores of the samples of each prompt, one prompt after another. */
    private static double[] inDeviations(double[] scores, Map<String, List<Integer>> members) {
        double squares = 0;
        int count = 0;
        for (List<Integer> group : members.values()) {
            double mean = group.stream().mapToDouble(i -> scores[i]).average().orElseThrow();
            for (int i : group) {
                squares += (scores[i] - mean) * (scores[i] - mean);
                count++;
            }
        }
        double deviation = Math.sqrt(squares / count);
        return members.values().stream()
                .flatMap(List::stream)
                .mapToDouble(i -> deviation > 0 ? scores[i] / deviation : scores[i])
                .toArray();
    }
}
