package dev.sluice.cli.internal;

import java.io.PrintWriter;
import java.util.function.LongSupplier;

/** A line that the next one replaces on a terminal, and a plain one now and then elsewhere; no more often than can be followed. */
public final class StatusLine implements AutoCloseable {
    private static final int WIDTH = 100;

    private final PrintWriter err;
    private final boolean redraw;
    private final LongSupplier clock;
    private final long pause;
    private long shown;
    private boolean open;

    /**
     * Creates a line that is due at once.
     *
     * @param err where to show it
     * @param redraw whether it is a terminal
     * @param clock nanoseconds
     * @param redrawNanos time between two lines on a terminal
     * @param lineNanos the same elsewhere
     */
    public StatusLine(PrintWriter err, boolean redraw, LongSupplier clock, long redrawNanos, long lineNanos) {
        this.err = err;
        this.redraw = redraw;
        this.clock = clock;
        this.pause = redraw ? redrawNanos : lineNanos;
        this.shown = clock.getAsLong() - pause;
    }

    /** Returns whether the last line has stood long enough. */
    public boolean due() {
        return clock.getAsLong() - shown >= pause;
    }

    /** Shows a line in place of the last one. */
    public void show(String line) {
        shown = clock.getAsLong();
        if (redraw) {
            String cut = line.length() > WIDTH ? line.substring(0, WIDTH) : line;
            err.print("\r" + cut + " ".repeat(WIDTH - cut.length()));
            open = true;
        } else {
            err.println(line);
        }
        err.flush();
    }

    /** Prints a line that stays. */
    public void note(String line) {
        if (open) {
            err.print("\r" + " ".repeat(WIDTH) + "\r");
            open = false;
        }
        err.println(line);
        err.flush();
    }

    /** Leaves the last line as it stands. */
    @Override
    public void close() {
        if (open) {
            err.println();
            err.flush();
            open = false;
        }
    }
}
