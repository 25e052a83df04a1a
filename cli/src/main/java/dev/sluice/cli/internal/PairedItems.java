package dev.sluice.cli.internal;

import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/** Comparisons as a judge of two sees them: each pair by itself, so that an item has a score of its own in each of its pairs. */
public final class PairedItems {
    /** So many pairs are asked about at once. */
    private static final int TOGETHER = 16;

    private PairedItems() {}

    /** Returns the comparisons, each with two items of its own; what was said of single items is left out. */
    public static PreferenceData of(PreferenceData data) {
        List<PreferenceData.Item> items = new ArrayList<>();
        List<PreferenceData.Pair> pairs = new ArrayList<>();
        for (PreferenceData.Pair pair : data.pairs()) {
            pairs.add(new PreferenceData.Pair(
                    items.size(), items.size() + 1, pair.axis(), pair.verdict(), pair.annotator(), pair.scores()));
            items.add(data.items().get(pair.a()));
            items.add(data.items().get(pair.b()));
        }
        return new PreferenceData(items, pairs, List.of());
    }

    /**
     * Has pairs judged, those of different prompts side by side. One that has no verdict has a reason and stops no other.
     *
     * @param reward gives the two samples of a prompt in a call the shares that they win
     * @param data of {@link #of}
     * @param progress takes how many items were scored
     */
    public static JudgedItems score(Reward reward, PreferenceData data, IntConsumer progress) {
        double[] values = new double[data.items().size()];
        Arrays.fill(values, Double.NaN);
        Map<String, String> reasons = new LinkedHashMap<>();
        List<PreferenceData.Pair> waiting = new ArrayList<>();
        Set<String> prompts = new HashSet<>();
        for (PreferenceData.Pair pair : data.pairs()) {
            String prompt = data.items().get(pair.a()).prompt();
            if (waiting.size() == TOGETHER || prompts.contains(prompt)) {
                judge(reward, data, waiting, values, reasons);
                waiting.clear();
                prompts.clear();
                progress.accept(pair.a());
            }
            waiting.add(pair);
            prompts.add(prompt);
        }
        judge(reward, data, waiting, values, reasons);
        progress.accept(values.length);
        return new JudgedItems(values, reasons, Map.of());
    }

    private static void judge(
            Reward reward,
            PreferenceData data,
            List<PreferenceData.Pair> pairs,
            double[] values,
            Map<String, String> reasons) {
        List<Sample> samples = new ArrayList<>();
        List<Integer> read = new ArrayList<>();
        for (PreferenceData.Pair pair : pairs) {
            try {
                Sample a = data.items().get(pair.a()).source().read();
                samples.addAll(List.of(a, data.items().get(pair.b()).source().read()));
                read.addAll(List.of(pair.a(), pair.b()));
            } catch (IOException e) {
                reasons.put(data.items().get(pair.a()).name(), String.valueOf(e.getMessage()));
            }
        }
        if (read.isEmpty()) {
            return;
        }
        Scores scores = reward.score(samples);
        for (int i = 0; i < read.size(); i++) {
            values[read.get(i)] = scores.values()[i];
            if (!scores.valid(i)) {
                reasons.put(
                        data.items().get(read.get(i)).name(), scores.reasons().get(i));
            }
        }
    }
}
