package dev.sluice.cli.internal;

import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * Scores of the items of preferences.
 *
 * @param values one for each item; NaN for one that has none, or that no judgment is about
 * @param reasons why an item that a judgment is about has none, by its name
 * @param parts what the scores are made of, by name, one for each item; empty if they are of one piece
 */
public record JudgedItems(double[] values, Map<String, String> reasons, Map<String, double[]> parts) {
    private static final int BATCH = 32;

    /** Returns the items that a judgment is about, in order. */
    public static int[] of(PreferenceData data) {
        return Stream.of(
                        data.pairs().stream().flatMap(pair -> Stream.of(pair.a(), pair.b())),
                        data.labels().stream().map(PreferenceData.Label::item),
                        data.ratings().stream().map(PreferenceData.Rating::item))
                .flatMap(items -> items)
                .mapToInt(Integer::intValue)
                .sorted()
                .distinct()
                .toArray();
    }

    /**
     * Reads and scores items, some at a time. One that cannot be read or scored has a reason and stops no other.
     *
     * @param progress takes how many were scored
     */
    public static JudgedItems score(Reward reward, PreferenceData data, IntConsumer progress) {
        double[] values = missing(data);
        Map<String, double[]> parts = new LinkedHashMap<>();
        Map<String, String> reasons = new LinkedHashMap<>();
        int[] items = of(data);
        for (int start = 0; start < items.length; start += BATCH) {
            int end = Math.min(items.length, start + BATCH);
            List<Sample> samples = new ArrayList<>();
            List<Integer> read = new ArrayList<>();
            for (int item : Arrays.copyOfRange(items, start, end)) {
                try {
                    samples.add(data.items().get(item).source().read());
                    read.add(item);
                } catch (IOException e) {
                    reasons.put(data.items().get(item).name(), String.valueOf(e.getMessage()));
                }
            }
            Scores found = reward.score(samples);
            found.parts().forEach((name, scores) -> {
                double[] part = parts.computeIfAbsent(name, key -> missing(data));
                for (int i = 0; i < scores.length; i++) {
                    part[read.get(i)] = scores[i];
                }
            });
            for (int i = 0; i < read.size(); i++) {
                values[read.get(i)] = found.values()[i];
                if (!found.valid(i)) {
                    reasons.put(
                            data.items().get(read.get(i)).name(),
                            found.reasons().get(i));
                }
            }
            progress.accept(end);
        }
        return new JudgedItems(values, reasons, parts);
    }

    private static double[] missing(PreferenceData data) {
        double[] values = new double[data.items().size()];
        Arrays.fill(values, Double.NaN);
        return values;
    }
}
