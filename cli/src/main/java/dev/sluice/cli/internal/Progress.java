package dev.sluice.cli.internal;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows how far a long command is: one line that is redrawn on a terminal, plain lines every few seconds elsewhere.
 *
 * <p>Time left is estimated from the iterations since the first report of this process, so that neither what an earlier process did
 * counts nor what is done once before and while it gets warm.
 */
public final class Progress implements AutoCloseable {
    private static final long REDRAW_NANOS = 200_000_000L;
    private static final long LINE_NANOS = 10_000_000_000L;

    private final StatusLine status;
    private final boolean redraw;
    private final LongSupplier clock;
    private final long total;
    private final long before;
    private long first;
    private long firstAt;
    private long done;
    private String figures = "";

    /**
     * Starts.
     *
     * @param err where to show it
     * @param redraw whether it is a terminal
     * @param clock nanoseconds
     * @param done iterations that an earlier process did
     * @param total iterations in all
     */
    public Progress(PrintWriter err, boolean redraw, LongSupplier clock, long done, long total) {
        this.status = new StatusLine(err, redraw, clock, REDRAW_NANOS, LINE_NANOS);
        this.redraw = redraw;
        this.clock = clock;
        this.before = done;
        this.first = done;
        this.done = done;
        this.total = total;
    }

    /** Starts on the standard error of this process. */
    public static Progress start(PrintWriter err, long done, long total) {
        return new Progress(err, Console.redraws(), System::nanoTime, done, total);
    }

    /** Shows what is being done within the present iteration. */
    public void phase(String phase) {
        if (redraw) {
            show(phase);
        }
    }

    /** Takes notice that iterations are done. */
    public void done(long iterations, String newFigures) {
        if (first == before) {
            first = iterations;
            firstAt = clock.getAsLong();
        }
        done = iterations;
        figures = newFigures;
        show("");
    }

    /** Prints a line that stays. */
    public void note(String line) {
        status.note(line);
    }

    private void show(String phase) {
        if (status.due() || done >= total) {
            status.show(line(phase, clock.getAsLong()));
        }
    }

    private String line(String phase, long now) {
        StringBuilder line = new StringBuilder();
        if (redraw) {
            int filled = (int) (20 * done / Math.max(1, total));
            line.append("█".repeat(filled)).append("░".repeat(20 - filled)).append(' ');
        }
        line.append("%s/%s".formatted(done, total));
        if (!figures.isEmpty()) {
            line.append("  ").append(figures);
        }
        if (done > first && done < total) {
            line.append("  ")
                    .append(duration((now - firstAt) / (done - first) * (total - done)))
                    .append(" left");
        }
        return phase.isEmpty()
                ? line.toString()
                : line.append("  ").append(phase).toString();
    }

    /** Returns a time in words of at most two units. */
    public static String duration(long nanos) {
        Duration time = Duration.ofNanos(nanos);
        if (time.toHours() > 0) {
            return "%d h %02d min".formatted(time.toHours(), time.toMinutesPart());
        }
        if (time.toMinutes() > 0) {
            return "%d min %02d s".formatted(time.toMinutes(), time.toSecondsPart());
        }
        return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
    }

    /** Ends the redrawn line. */
    @Override
    public void close() {
        status.close();
    }
}
