package dev.sluice.cli.internal.score;

import dev.sluice.rewards.BatchScoring;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** What a table of scores comes to: each reward's figures, its best and its worst items, and the items that failed. */
public final class ScoreSummary {
    private static final int SHOWN = 12;
    private static final int FAULTS = 50;

    private final List<Column> columns = new ArrayList<>();
    private final List<Fault> faults = new ArrayList<>();
    private final TaskMeans tasks;
    private int rows;
    private int failed;

    /** Starts a summary. */
    public ScoreSummary(List<String> rewards) {
        rewards.forEach(name -> columns.add(new Column(name)));
        tasks = new TaskMeans(rewards.size());
    }

    /**
     * An item with a score.
     *
     * @param item the item
     * @param index its place in the table
     * @param score its score
     */
    public record Ranked(MediaItem item, int index, double score) {}

    /**
     * An item without all its scores.
     *
     * @param file its name
     * @param reason why
     */
    public record Fault(String file, String reason) {}

    /** The figures of one reward. */
    public static final class Column {
        private static final Comparator<Ranked> BETTER =
                Comparator.comparingDouble(Ranked::score).thenComparing(ranked -> -ranked.index());

        private final String name;
        private final PriorityQueue<Ranked> best = new PriorityQueue<>(BETTER);
        private final PriorityQueue<Ranked> worst = new PriorityQueue<>(BETTER.reversed());
        private int count;
        private double mean;
        private double squares;
        private double least = Double.POSITIVE_INFINITY;
        private double greatest = Double.NEGATIVE_INFINITY;

        Column(String name) {
            this.name = name;
        }

        /** Adds a score; mean and variance as Welford (1962). */
        void add(MediaItem item, int index, double score) {
            count++;
            double before = score - mean;
            mean += before / count;
            squares += before * (score - mean);
            least = Math.min(least, score);
            greatest = Math.max(greatest, score);
            Ranked ranked = new Ranked(item, index, score);
            keep(best, ranked);
            keep(worst, ranked);
        }

        private static void keep(PriorityQueue<Ranked> queue, Ranked ranked) {
            queue.add(ranked);
            if (queue.size() > SHOWN) {
                queue.poll();
            }
        }

        /** Returns the reward's name. */
        public String name() {
            return name;
        }

        /** Returns how many items have a score. */
        public int count() {
            return count;
        }

        /** Returns the mean; NaN if there is no score. */
        public double mean() {
            return count == 0 ? Double.NaN : mean;
        }

        /** Returns the standard deviation, divided by the count; NaN if there is no score. */
        public double deviation() {
            return count == 0 ? Double.NaN : Math.sqrt(squares / count);
        }

        /** Returns the least score; NaN if there is none. */
        public double least() {
            return count == 0 ? Double.NaN : least;
        }

        /** Returns the greatest score; NaN if there is none. */
        public double greatest() {
            return count == 0 ? Double.NaN : greatest;
        }

        /** Returns the best items, the best first. */
        public List<Ranked> best() {
            return best.stream().sorted(BETTER.reversed()).toList();
        }

        /** Returns the worst items, the worst first, without those that are among the best. */
        public List<Ranked> worst() {
            return worst.stream()
                    .filter(ranked -> !best.contains(ranked))
                    .sorted(BETTER)
                    .toList();
        }
    }

    /** Adds a row. */
    public void add(MediaItem item, BatchScoring.Row row) {
        for (int i = 0; i < columns.size(); i++) {
            if (!Double.isNaN(row.scores()[i])) {
                columns.get(i).add(item, rows, row.scores()[i]);
            }
        }
        tasks.add(item.prompt().task(), row.scores());
        rows++;
        row.fault().ifPresent(reason -> {
            failed++;
            if (faults.size() < FAULTS) {
                faults.add(new Fault(item.file(), reason));
            }
        });
    }

    /** Returns the rewards' figures. */
    public List<Column> columns() {
        return List.copyOf(columns);
    }

    /** Returns the rewards' means by task. */
    public TaskMeans tasks() {
        return tasks;
    }

    /** Returns the number of rows. */
    public int rows() {
        return rows;
    }

    /** Returns the number of items that lack a score. */
    public int failed() {
        return failed;
    }

    /** Returns the first of them. */
    public List<Fault> faults() {
        return List.copyOf(faults);
    }
}
