package dev.sluice.grpo;

import java.util.LinkedHashMap;
import java.util.Map;

/** Adds up the seconds spent in each phase of an iteration. */
final class Phases {
    static final String ROLLOUT = "rollout";
    static final String DECODE = "decode";

    /** Time on the scoring thread, most of it while the next chunk is sampled. */
    static final String SCORE = "score";

    /** Time that the trainer waited for scores. */
    static final String WAIT = "wait";

    static final String UPDATE = "update";

    private final Map<String, Double> seconds = new LinkedHashMap<>();

    /** Work that gives a result. */
    @FunctionalInterface
    interface Work<T> {
        T run();
    }

    <T> T time(String phase, Work<T> work) {
        long start = System.nanoTime();
        try {
            return work.run();
        } finally {
            add(phase, (System.nanoTime() - start) * 1e-9);
        }
    }

    void add(String phase, double more) {
        seconds.merge(phase, more, Double::sum);
    }

    /** Returns the sums and starts anew. */
    Map<String, Double> take() {
        Map<String, Double> taken = new LinkedHashMap<>();
        for (String phase : new String[] {ROLLOUT, DECODE, SCORE, WAIT, UPDATE}) {
            taken.put(phase, seconds.getOrDefault(phase, 0.0));
        }
        seconds.clear();
        return taken;
    }
}
