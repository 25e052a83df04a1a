package dev.sluice.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** The entry of the command line. */
public final class Main {
    private Main() {}

    /** Runs a command and ends the process with its exit status. */
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int status = run(out, err, args);
        out.flush();
        err.flush();
        System.exit(status);
    }

    /**
     * Runs a command within this process.
     *
     * @param out receives what the command is for
     * @param err receives progress and complaints
     * @return 0 if all went well, 1 if a check or some items failed, 2 for bad input, 3 for a fault of this program
     */
    public static int run(PrintWriter out, PrintWriter err, String... args) {
        return CommandLines.create(out, err).execute(args);
    }
}
