package dev.sluice.cli.internal.study;

import dev.sluice.cli.internal.Console;
import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.StatusLine;
import java.io.PrintWriter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Shows which run of how many is being done, how far it is, and the time left for all. */
final class StudyProgress {
    private static final Pattern ITERATIONS = Pattern.compile("(\\d+)/(\\d+)\\s.*");
    private static final long REDRAW_NANOS = 1_000_000_000L;
    private static final long LINE_NANOS = 60_000_000_000L;

    private final StatusLine status;

    StudyProgress(PrintWriter err) {
        this.status = new StatusLine(err, Console.redraws(), System::nanoTime, REDRAW_NANOS, LINE_NANOS);
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
        if (status.due()) {
            String left = Double.isFinite(secondsLeft) ? Progress.duration((long) (secondsLeft * 1e9)) + " left  " : "";
            status.show(left + text);
        }
    }

    /** Prints a line that stays. */
    void note(String line) {
        status.note(line);
    }
}
