package dev.sluice.cli.internal.serve;

import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scorer;
import dev.sluice.rewards.Scores;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Gives rewards the samples of several requests at once, on a thread of its own. */
final class ScoreQueue implements AutoCloseable {
    private final Scorer scorer;
    private final int batch;
    private final LinkedBlockingQueue<Work> waiting = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean closed;

    /**
     * What became of a sample.
     *
     * @param scores by reward; null where there is none
     * @param fault why scores are missing; empty if none is
     */
    record Answer(Map<String, Double> scores, String fault) {}

    private record Work(Sample sample, CompletableFuture<Answer> answer) {}

    ScoreQueue(Scorer scorer, int batch) {
        this.scorer = scorer;
        this.batch = batch;
        thread = new Thread(this::work, "scoring");
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns what will have become of a sample; a sample whose answer is cancelled before its turn is left out. */
    CompletableFuture<Answer> submit(Sample sample) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        waiting.add(new Work(sample, answer));
        return answer;
    }

    private void work() {
        while (!closed || !waiting.isEmpty()) {
            try {
                Work first = waiting.poll(100, TimeUnit.MILLISECONDS);
                if (first == null) {
                    continue;
                }
                List<Work> some = new ArrayList<>(List.of(first));
                waiting.drainTo(some, batch - 1);
                some.removeIf(work -> work.answer.isDone());
                if (!some.isEmpty()) {
                    score(some);
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void score(List<Work> some) {
        try {
            Map<String, Scores> scores =
                    scorer.score(some.stream().map(Work::sample).toList());
            for (int i = 0; i < some.size(); i++) {
                Map<String, Double> values = new LinkedHashMap<>();
                List<String> faults = new ArrayList<>();
                for (Map.Entry<String, Scores> entry : scores.entrySet()) {
                    boolean valid = entry.getValue().valid(i);
                    values.put(entry.getKey(), valid ? entry.getValue().values()[i] : null);
                    if (!valid) {
                        faults.add(entry.getKey() + ": "
                                + entry.getValue().reasons().get(i));
                    }
                }
                some.get(i).answer.complete(new Answer(values, String.join("; ", faults)));
            }
        } catch (RuntimeException | Error e) { // whoever waits must hear of it
            some.forEach(work -> work.answer.completeExceptionally(e));
        }
    }

    /** Scores what waits, and ends. */
    @Override
    public void close() {
        closed = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
