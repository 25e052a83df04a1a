package dev.sluice.rewards.internal.judge;

/** Lets requests go one after another, no more than so many a minute, and none while the server asks to wait. */
final class Pace {
    private static final double NANOS_PER_MINUTE = 60e9;

    private final Timing timing;
    private final long interval;
    private long next;
    private long resumed;

    /** Creates a pace of so many requests a minute; infinity is no limit. */
    Pace(double perMinute, Timing timing) {
        this.timing = timing;
        interval = (long) (NANOS_PER_MINUTE / perMinute);
        next = timing.nanos().getAsLong();
        resumed = next;
    }

    /** Returns when it is the caller's turn. */
    void await() throws InterruptedException {
        sleep(turn());
        for (long left = pausedFor(); left > 0; left = pausedFor()) {
            sleep(left);
        }
    }

    private void sleep(long nanos) throws InterruptedException {
        if (nanos > 0) {
            timing.sleeper().sleep(nanos);
        }
    }

    private synchronized long turn() {
        long now = timing.nanos().getAsLong();
        long wait = Math.max(0, next - now);
        next = now + wait + interval;
        return wait;
    }

    private synchronized long pausedFor() {
        return resumed - timing.nanos().getAsLong();
    }

    /** Lets nobody go for so long. */
    synchronized void pause(long nanos) {
        long until = timing.nanos().getAsLong() + nanos;
        resumed = until - resumed > 0 ? until : resumed;
    }
}
