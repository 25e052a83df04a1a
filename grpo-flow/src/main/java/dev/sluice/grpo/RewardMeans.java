package dev.sluice.grpo;

import dev.sluice.rewards.Scores;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Mean rewards by what they belong to, over the finite ones. */
final class RewardMeans {
    private RewardMeans() {}

    static Map<String, Double> byTask(List<Prompt> prompts, double[] rewards) {
        Map<String, double[]> sums = new TreeMap<>();
        for (int i = 0; i < rewards.length; i++) {
            if (Double.isFinite(rewards[i])) {
                double[] sum = sums.computeIfAbsent(prompts.get(i).task(), task -> new double[2]);
                sum[0] += rewards[i];
                sum[1]++;
            }
        }
        Map<String, Double> means = new LinkedHashMap<>();
        sums.forEach((task, sum) -> means.put(task, sum[0] / sum[1]));
        return means;
    }

    static Map<String, Double> byPart(Scores scores) {
        Map<String, Double> means = new LinkedHashMap<>();
        scores.parts().forEach((name, values) -> {
            Moments moments = Moments.of(values);
            if (moments.count() > 0) {
                means.put(name, moments.mean());
            }
        });
        return means;
    }
}
