package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * A command that ran within this process.
 *
 * @param status its exit status
 * @param out its standard output
 * @param err its standard error
 */
record CommandLineRun(int status, String out, String err) {
    static CommandLineRun of(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] words = new String[args.length];
        for (int i = 0; i < args.length; i++) {
            words[i] = args[i].toString();
        }
        int status = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), words);
        return new CommandLineRun(status, out.toString(), err.toString());
    }

    /** Asserts that it ended well. */
    CommandLineRun succeeded() {
        assertThat(status).as(err).isZero();
        return this;
    }

    /** Asserts that it refused its input in one sentence and maybe a hint, and did nothing. */
    void refused(String message) {
        assertThat(err).contains(message).startsWith("sluice: ").doesNotContain("Exception", "\tat ");
        assertThat(status).isEqualTo(CommandLines.BAD_INPUT);
        assertThat(out).isEmpty();
        assertThat(err.lines().count()).isLessThanOrEqualTo(3);
        assertThat(err.lines().findFirst().orElseThrow()).matches(".*[.?]");
    }
}
