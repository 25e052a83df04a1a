package dev.sluice.rewards;

import dev.sluice.rewards.internal.ReadAhead;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * Scores many samples that are read while others are scored. Rows come in order, and the memory that is held does not grow
 * with their number.
 *
 * @param batch the most samples that rewards are given at once
 * @param readers threads that read
 * @param bytes about how many bytes of pixels may wait to be scored; a batch ends where it holds as many
 */
public record BatchScoring(int batch, int readers, long bytes) {
    /** Checks the numbers. */
    public BatchScoring {
        if (!(batch >= 1 && readers >= 1 && bytes >= 1)) {
            throw new IllegalArgumentException(
                    "batch, readers and bytes (%s, %s, %s) must be at least 1.".formatted(batch, readers, bytes));
        }
    }

    /**
     * What became of one sample.
     *
     * @param scores one for each reward, in the scorer's order; NaN where there is none
     * @param fault why scores are missing; empty if none is
     */
    public record Row(double[] scores, Optional<String> fault) {}

    /** Takes rows. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Takes the rows of one batch.
         *
         * @param first the index of the first row's source
         */
        void scored(int first, List<Row> rows) throws IOException;
    }

    /**
     * Scores all samples from an index on, each group in one call, whatever its size.
     *
     * @param groups a number for each source; neighbours with the same number are a group
     * @param from the beginning of a group
     * @throws IOException if the sink fails; a sample that cannot be read has a row that says why
     */
    public void run(Scorer scorer, List<? extends SampleSource> sources, int[] groups, int from, Sink sink)
            throws IOException {
        if (groups.length != sources.size()) {
            throw new IllegalArgumentException("groups and sources have %s and %s entries; they must be equal."
                    .formatted(groups.length, sources.size()));
        }
        run(scorer, sources, from, next -> groups[next] == groups[next - 1], sink);
    }

    /**
     * Scores all samples from an index on. Where batches begin and end depends on the samples only; if {@code from} is the
     * beginning of a batch, the rest of the rows is the same as if all had been scored.
     *
     * @throws IOException if the sink fails; a sample that cannot be read has a row that says why
     */
    public void run(Scorer scorer, List<? extends SampleSource> sources, int from, Sink sink) throws IOException {
        run(scorer, sources, from, next -> false, sink);
    }

    private void run(Scorer scorer, List<? extends SampleSource> sources, int from, IntPredicate belongs, Sink sink)
            throws IOException {
        try (ReadAhead ahead = new ReadAhead(sources, from, readers, Math.max(2 * batch, 2 * readers), bytes)) {
            int next = from;
            while (next < sources.size()) {
                int first = next;
                List<ReadAhead.Item> items = new ArrayList<>();
                long held = 0;
                while (next < sources.size()
                        && ((items.size() < batch && held < bytes) || (next > first && belongs.test(next)))) {
                    ReadAhead.Item item = ahead.take();
                    held += item.bytes();
                    items.add(item);
                    next++;
                }
                sink.scored(first, rows(scorer, items));
            }
        }
    }

    private static List<Row> rows(Scorer scorer, List<ReadAhead.Item> items) {
        List<Sample> samples =
                items.stream().flatMap(item -> item.sample().stream()).toList();
        List<String> names = scorer.names();
        Map<String, Scores> scores = samples.isEmpty() ? Map.of() : scorer.score(samples);
        List<Row> rows = new ArrayList<>();
        int read = 0;
        for (ReadAhead.Item item : items) {
            double[] values = new double[names.size()];
            Arrays.fill(values, Double.NaN);
            if (item.sample().isEmpty()) {
                rows.add(new Row(values, Optional.of(item.fault())));
                continue;
            }
            List<String> faults = new ArrayList<>();
            for (int i = 0; i < values.length; i++) {
                Scores given = scores.get(names.get(i));
                values[i] = given.values()[read];
                if (!given.valid(read)) {
                    faults.add(names.get(i) + ": " + given.reasons().get(read));
                }
            }
            rows.add(new Row(values, faults.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", faults))));
            read++;
        }
        return rows;
    }
}
