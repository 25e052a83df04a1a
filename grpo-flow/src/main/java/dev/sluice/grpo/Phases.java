package dev.sluice.grpo;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Adds up the seconds spent in each phase of an iteration. */
final class Phases {
    static final String ROLLOUT = "rollout";
    static final String DECODE = "decode";

    /** Time on the scoring thread, most of it while the next chunk is sampled. */
    static final String SCORE = "score";

    /** Time that the trainer waited for scores. */
    static final String WAIT = "wait";

    static final String UPDATE = "update";

    /** Time in which a critic of latents was asked about whole samples, or learned. */
    static final String CRITIC = "critic";

    /** All other time: what an algorithm does beside sampling, scoring and the networks' passes. */
    static final String BOOKKEEPING = "bookkeeping";

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

    /** Adds wall-clock time to phases that ran on lanes side by side, to each as much as it had of the lanes' time. */
    void share(double wall, Map<String, Double> onLanes) {
        double all = onLanes.values().stream().mapToDouble(each -> each).sum();
        if (all > 0) {
            onLanes.forEach((phase, each) -> add(phase, wall * each / all));
        }
    }

    /** Counts all of an iteration that no other phase has, and what of the updates was no pass of a network, as bookkeeping. */
    void rest(double total, double arranged) {
        double known = Stream.of(ROLLOUT, DECODE, WAIT, UPDATE, CRITIC)
                .mapToDouble(phase -> seconds.getOrDefault(phase, 0.0))
                .sum();
        add(BOOKKEEPING, Math.max(0, total - known) + arranged);
        add(UPDATE, -arranged);
    }

    /** Returns the sums and starts anew. */
    Map<String, Double> take() {
        Map<String, Double> taken = new LinkedHashMap<>();
        for (String phase : new String[] {ROLLOUT, DECODE, SCORE, WAIT, UPDATE, CRITIC, BOOKKEEPING}) {
            taken.put(phase, seconds.getOrDefault(phase, 0.0));
        }
        seconds.clear();
        return taken;
    }
}
