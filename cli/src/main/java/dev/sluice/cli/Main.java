package dev.sluice.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** The entry of the command line. */
public final class Main {
    private Main() {}

    /** Runs a command and ends the process with its exit status. */
    public static void main(String[] args) {
        if (Boolean.getBoolean("sluice.child")) {
            endWithStandardInput();
        }
        PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int status = run(out, err, args);
        out.flush();
        err.flush();
        System.exit(status);
    }

    /**
     * Whoever starts a command with this property holds the other end of its standard input; when that closes, because its
     * process has ended in whatever way, nobody waits for the command any more. All files are written so that an end at any
     * moment does no harm.
     */
    private static void endWithStandardInput() {
        Thread watch = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // Nothing is ever written there.
                        }
                    } catch (IOException e) {
                        // As good as its end.
                    }
                    Runtime.getRuntime().halt(1);
                },
                "standard-input");
        watch.setDaemon(true);
        watch.start();
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
