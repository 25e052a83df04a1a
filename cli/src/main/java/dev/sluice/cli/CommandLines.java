package dev.sluice.cli;

import dev.sluice.flow.tensor.Suggestion;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.Optional;
import picocli.CommandLine;

/** Wires the commands to picocli, and failures to one sentence and an exit status. */
final class CommandLines {
    static final int BAD_INPUT = 2;
    static final int FAULT = 3;

    private CommandLines() {}

    static CommandLine create(PrintWriter out, PrintWriter err) {
        CommandLine line = new CommandLine(new SluiceCommand())
                .setOut(out)
                .setErr(err)
                .setColorScheme(CommandLine.Help.defaultColorScheme(colours()))
                .setUsageHelpAutoWidth(true)
                .setAbbreviatedOptionsAllowed(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(CommandLines::wrongArguments)
                .setExecutionExceptionHandler(CommandLines::failed);
        return line;
    }

    /** See no-color.org. */
    private static CommandLine.Help.Ansi colours() {
        String off = System.getenv("NO_COLOR");
        return off != null && !off.isEmpty() ? CommandLine.Help.Ansi.OFF : CommandLine.Help.Ansi.AUTO;
    }

    private static int wrongArguments(CommandLine.ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println(command.getColorScheme().errorText("sluice: " + sentence(e.getMessage())));
        suggestion(e).ifPresent(err::println);
        err.printf(
                "Run '%s --help' for what it takes.%n", command.getCommandSpec().qualifiedName());
        err.flush();
        return BAD_INPUT;
    }

    /** Returns what was probably meant by the first word or option that means nothing. */
    private static Optional<String> suggestion(CommandLine.ParameterException e) {
        if (!(e instanceof CommandLine.UnmatchedArgumentException unmatched)) {
            return Optional.empty();
        }
        CommandLine.Model.CommandSpec command = e.getCommandLine().getCommandSpec();
        String wrong = unmatched.getUnmatched().get(0);
        if (wrong.startsWith("-")) {
            return Suggestion.nearest(wrong, command.optionsMap().keySet()).map("Did you mean: %s"::formatted);
        }
        return Suggestion.nearest(wrong, command.subcommands().keySet())
                .map(name -> "Did you mean: %s %s".formatted(command.qualifiedName(), name));
    }

    private static String sentence(String message) {
        return message.endsWith(".") ? message : message + ".";
    }

    private static int failed(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
        PrintWriter err = command.getErr();
        boolean verbose = Arrays.asList(parsed.originalArgs().toArray()).contains("--verbose");
        boolean badInput = e instanceof IllegalArgumentException
                || e instanceof IOException
                || e instanceof UncheckedIOException
                || e instanceof UnsupportedOperationException;
        String message = badInput ? message(e) : "This should not have happened: " + e;
        message.lines().forEach(line -> err.println(command.getColorScheme().errorText("sluice: " + line)));
        if (verbose) {
            e.printStackTrace(err);
        } else if (!badInput) {
            err.println("Run it again with --verbose for where it happened, and report that.");
        }
        err.flush();
        return badInput ? BAD_INPUT : FAULT;
    }

    /** Some of the file system's own messages are a bare path. */
    static String message(Throwable e) {
        if (e instanceof UncheckedIOException unchecked) {
            return message(unchecked.getCause());
        }
        if (e instanceof NoSuchFileException missing) {
            return "%s does not exist.".formatted(missing.getFile());
        }
        if (e instanceof AccessDeniedException denied) {
            return "%s may not be read or written by this user.".formatted(denied.getFile());
        }
        if (e instanceof FileAlreadyExistsException there) {
            return "%s is there already; a folder of that name cannot be made.".formatted(there.getFile());
        }
        if (e instanceof FileSystemException other) {
            String reason = other.getReason() == null ? "" : ": " + other.getReason();
            return "%s cannot be used%s.".formatted(other.getFile(), reason);
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
