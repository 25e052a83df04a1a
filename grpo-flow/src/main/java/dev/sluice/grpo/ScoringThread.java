package dev.sluice.grpo;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Scores chunks on a thread of its own while the next chunk is sampled. Chunks are scored one after another in the order in
 * which they came, so a reward with a state gives the same scores every time.
 */
final class ScoringThread implements AutoCloseable {
    private final Reward reward;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread made = new Thread(task, "sluice-scoring");
        made.setDaemon(true);
        return made;
    });
    private final Queue<Future<Scores>> pending = new ArrayDeque<>();
    private final AtomicLong busyNanos = new AtomicLong();

    ScoringThread(Reward reward) {
        this.reward = reward;
    }

    void submit(List<Sample> samples) {
        pending.add(start(samples));
    }

    /** Scores samples now, after what was submitted before, and waits for it; {@link #collect} knows nothing of them. */
    Scores scored(List<Sample> samples) {
        return result(start(samples));
    }

    private Future<Scores> start(List<Sample> samples) {
        return thread.submit(() -> {
            long start = System.nanoTime();
            try {
                Scores scores = reward.score(samples);
                if (scores.size() != samples.size()) {
                    throw new IllegalStateException("The reward gave %s scores for %s samples; they must be equal."
                            .formatted(scores.size(), samples.size()));
                }
                return scores;
            } finally {
                busyNanos.addAndGet(System.nanoTime() - start);
            }
        });
    }

    /**
     * Waits for everything submitted and returns it in order; a failure of the reward is thrown as it was.
     *
     * @param kinds so many kinds of samples were submitted in turns
     * @return all of each kind as one
     */
    List<Scores> collect(int kinds) {
        List<List<Scores>> all = new ArrayList<>();
        for (int kind = 0; kind < kinds; kind++) {
            all.add(new ArrayList<>());
        }
        for (int i = 0; !pending.isEmpty(); i++) {
            all.get(i % kinds).add(next());
        }
        return all.stream().map(ScoringThread::joined).toList();
    }

    /** Waits for what was submitted first of all that is left; a failure of the reward is thrown as it was, and ends all. */
    Scores next() {
        boolean sound = false;
        try {
            Scores scores = result(pending.remove());
            sound = true;
            return scores;
        } finally {
            if (!sound) {
                pending.forEach(future -> future.cancel(false));
                pending.clear();
            }
        }
    }

    private static Scores result(Future<Scores> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Scoring was interrupted.", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error failure) {
                throw failure;
            }
            throw new IllegalStateException("The reward failed: " + e.getCause().getMessage(), e.getCause());
        }
    }

    private static Scores joined(List<Scores> parts) {
        double[] values = new double[parts.stream().mapToInt(Scores::size).sum()];
        Map<Integer, String> reasons = new LinkedHashMap<>();
        Map<String, double[]> pieces = new LinkedHashMap<>();
        int first = 0;
        for (Scores part : parts) {
            System.arraycopy(part.values(), 0, values, first, part.size());
            int offset = first;
            part.reasons().forEach((index, reason) -> reasons.put(offset + index, reason));
            part.parts().forEach((name, piece) -> {
                double[] whole = pieces.computeIfAbsent(name, n -> missing(values.length));
                System.arraycopy(piece, 0, whole, offset, piece.length);
            });
            first += part.size();
        }
        return new Scores(values, reasons, pieces);
    }

    private static double[] missing(int size) {
        double[] values = new double[size];
        Arrays.fill(values, Double.NaN);
        return values;
    }

    /** Returns the seconds spent scoring since the last call. */
    double takeSeconds() {
        return busyNanos.getAndSet(0) * 1e-9;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
