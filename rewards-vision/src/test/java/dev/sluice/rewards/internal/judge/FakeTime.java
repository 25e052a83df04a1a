package dev.sluice.rewards.internal.judge;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Time that passes only when somebody sleeps, and chance that always says a half. */
final class FakeTime {
    static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

    private final List<Double> slept = new ArrayList<>();
    private long nanos;

    Timing timing() {
        return new Timing(this::now, () -> BEGIN.plusNanos(now()), this::sleep, () -> 0.5);
    }

    private synchronized long now() {
        return nanos;
    }

    private synchronized void sleep(long wanted) {
        nanos += wanted;
        slept.add(wanted / 1e9);
    }

    /** Returns the seconds of each sleep. */
    synchronized List<Double> slept() {
        return List.copyOf(slept);
    }
}
