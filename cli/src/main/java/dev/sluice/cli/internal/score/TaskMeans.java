package dev.sluice.cli.internal.score;

import dev.sluice.cli.internal.report.ScorePage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The mean of each reward over the items of each task, and over the tasks: benchmarks weigh tasks alike, however many items they have. */
public final class TaskMeans {
    private final int rewards;
    private final Map<String, Sums> tasks = new TreeMap<>();

    /** What the scores of a task add up to. */
    private static final class Sums {
        private final double[] sums;
        private final int[] counts;
        private int items;

        Sums(int rewards) {
            sums = new double[rewards];
            counts = new int[rewards];
        }

        double mean(int reward) {
            return counts[reward] == 0 ? Double.NaN : sums[reward] / counts[reward];
        }
    }

    TaskMeans(int rewards) {
        this.rewards = rewards;
    }

    void add(String task, double[] scores) {
        Sums sums = tasks.computeIfAbsent(task, name -> new Sums(rewards));
        sums.items++;
        for (int i = 0; i < rewards; i++) {
            if (!Double.isNaN(scores[i])) {
                sums.sums[i] += scores[i];
                sums.counts[i]++;
            }
        }
    }

    /** Returns a row for each task and one for their mean: name, items, a mean for each reward. None if there is one task only. */
    public List<List<String>> rows() {
        List<List<String>> rows = new ArrayList<>();
        if (tasks.size() < 2) {
            return rows;
        }
        tasks.forEach((name, sums) -> {
            List<String> row = new ArrayList<>(List.of(name, String.valueOf(sums.items)));
            for (int i = 0; i < rewards; i++) {
                row.add(ScorePage.number(sums.mean(i)));
            }
            rows.add(row);
        });
        List<String> mean = new ArrayList<>(List.of("mean of tasks", ""));
        for (int i = 0; i < rewards; i++) {
            int reward = i;
            double[] means = tasks.values().stream()
                    .mapToDouble(sums -> sums.mean(reward))
                    .toArray();
            double sum = 0;
            for (double one : means) {
                sum += one / means.length;
            }
            mean.add(ScorePage.number(sum));
        }
        rows.add(mean);
        return rows;
    }
}
