package dev.sluice.cli.internal.study;

import dev.sluice.cli.internal.Console;
import dev.sluice.cli.internal.Progress;
import java.io.PrintWriter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Shows which run of how many is being done, how far it is, and the time left for all. */
final class StudyProgress {
    private static final Pattern ITERATIONS = Pattern.compile("(\\d+)/(\\d+)\\s.*");
    private static final long REDRAW_MILLIS = 1_000;
    private static final long LINE_MILLIS = 60_000;
    private static final int WIDTH = 100;

    private final PrintWriter err;
    private final boolean redraw;
    private long shown;
    private boolean open;

    StudyProgress(PrintWriter err) {
        this.err = err;
        this.redraw = Console.redraws();
    }

    /** Returns the share that a run has done by what it printed last; {@code before} if that does not say. */
    static double share(String line, double before) {
        Matcher match = ITERATIONS.matcher(line);
        return match.matches() && !match.group(2).equals("0")
                ? Double.parseDouble(match.group(1)) / Double.parseDouble(match.group(2))
                : before;
    }

    /** Shows a line that the next one replaces; not more often than a reader can follow. */
    void show(String text, double secondsLeft) {
        long now = System.nanoTime() / 1_000_000;
        if (now - shown < (redraw ? REDRAW_MILLIS : LINE_MILLIS)) {
            return;
        }
        shown = now;
        String left = Double.isFinite(secondsLeft) ? Progress.duration((long) (secondsLeft * 1e9)) + " left  " : "";
        String line = left + text;
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
    void note(String line) {
        if (open) {
            err.print("\r" + " ".repeat(WIDTH) + "\r");
            open = false;
        }
        err.println(line);
        err.flush();
    }
}
