package dev.sluice.cli.internal;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A reward that keeps the means of its parts: of a test by several judges, what each of them says, before its weight. A judge
 * of weight 0 is only asked.
 */
final class PartMeans implements Reward {
    private final Reward reward;
    private final Map<String, double[]> sums = new LinkedHashMap<>();

    PartMeans(Reward reward) {
        this.reward = reward;
    }

    @Override
    public synchronized Scores score(List<Sample> samples) {
        Scores scores = reward.score(samples);
        scores.parts().forEach((name, values) -> {
            double[] sum = sums.computeIfAbsent(name, key -> new double[2]);
            for (double value : values) {
                if (Double.isFinite(value)) {
                    sum[0] += value;
                    sum[1]++;
                }
            }
        });
        return scores;
    }

    /** Returns the mean of each part over the samples that it could judge; empty if there are not several parts. */
    synchronized Map<String, Double> means() {
        Map<String, Double> means = new LinkedHashMap<>();
        if (sums.size() > 1) {
            sums.forEach((name, sum) -> {
                if (sum[1] > 0) {
                    means.put(name, sum[0] / sum[1]);
                }
            });
        }
        return means;
    }
}
