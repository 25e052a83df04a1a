package dev.sluice.cli.internal;

import dev.sluice.rewards.BestOfN;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** What the best of n samples of a prompt is worth to one reward, where another one chooses it. */
public final class BestOfTable {
    private static final int[] SIZES = {1, 2, 4, 8, 16};

    private BestOfTable() {}

    /**
     * Returns the table; a size that no prompt has samples enough for is left out.
     *
     * @param labels of the rewards
     * @param scores of each reward, one for each sample
     * @param gold which of them judges
     * @param prompts of the samples
     */
    public static List<String> lines(List<String> labels, double[][] scores, int gold, List<String> prompts) {
        Map<String, List<Integer>> members = new LinkedHashMap<>();
        for (int i = 0; i < prompts.size(); i++) {
            members.computeIfAbsent(prompts.get(i), prompt -> new ArrayList<>()).add(i);
        }
        int[] sizes = IntStream.of(SIZES)
                .filter(n -> !Double.isNaN(mean(scores[gold], scores[gold], members, n)))
                .toArray();
        List<String> heads = new ArrayList<>(List.of("chosen by"));
        List<String> distances = new ArrayList<>(List.of("KL in nats, at most"));
        for (int n : sizes) {
            heads.add(">best of " + n);
            distances.add(String.format(Locale.ROOT, "%.3f", BestOfN.divergence(n)));
        }
        Table table = new Table(heads.toArray(String[]::new));
        for (int k = 0; k < labels.size(); k++) {
            List<String> row = new ArrayList<>(List.of(labels.get(k)));
            for (int n : sizes) {
                row.add(String.format(Locale.ROOT, "%.4g", mean(scores[k], scores[gold], members, n)));
            }
            table.add(row.toArray(String[]::new));
        }
        table.add(distances.toArray(String[]::new));
        return table.lines();
    }

    /** Returns the mean over the prompts that have samples enough; NaN if none has. */
    private static double mean(double[] proxy, double[] gold, Map<String, List<Integer>> members, int n) {
        return members.values().stream()
                .mapToDouble(list -> BestOfN.gold(
                        list.stream().mapToDouble(i -> proxy[i]).toArray(),
                        list.stream().mapToDouble(i -> gold[i]).toArray(),
                        n))
                .filter(value -> !Double.isNaN(value))
                .average()
                .orElse(Double.NaN);
    }
}
