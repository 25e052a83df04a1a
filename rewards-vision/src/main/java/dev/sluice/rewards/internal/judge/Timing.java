package dev.sluice.rewards.internal.judge;

import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * Time and chance, as waiting needs them.
 *
 * @param nanos a clock that never goes back
 * @param clock the time of day, for answers that name one
 * @param sleeper waits
 * @param jitter uniform in [0, 1)
 */
record Timing(LongSupplier nanos, InstantSource clock, Sleeper sleeper, DoubleSupplier jitter) {
    static final Timing SYSTEM = new Timing(
            System::nanoTime,
            InstantSource.system(),
            TimeUnit.NANOSECONDS::sleep,
            () -> ThreadLocalRandom.current().nextDouble());

    /** Waits. */
    @FunctionalInterface
    interface Sleeper {
        /** Returns after so many nanoseconds. */
        void sleep(long nanos) throws InterruptedException;
    }
}
