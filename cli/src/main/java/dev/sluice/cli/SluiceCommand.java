package dev.sluice.cli;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The root of all commands. */
@Command(
        name = "sluice",
        description = "Aligns image and video flow models with rewards, on the JVM.",
        versionProvider = SluiceCommand.Version.class,
        sortOptions = false,
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice demo                               align the bundled model, in minutes",
            "  sluice COMMAND --help                     what a command takes, with examples",
            "",
            "Exit status: 0 all went well, 1 a check or some items failed, 2 bad input."
        },
        subcommands = {
            DemoCommand.class,
            TrainCommand.class,
            CalibrateCommand.class,
            PairsCommand.class,
            PretrainCommand.class,
            IdmCommand.class,
            SampleCommand.class,
            EvaluateCommand.class,
            ScoreCommand.class,
            ServeCommand.class,
            ReportCommand.class,
            CompareCommand.class,
            StudyCommand.class,
            ModelCommand.class,
            RewardCommand.class,
            MediaCommand.class,
            BenchCommand.class,
            SluiceCommand.Completion.class
        })
@SuppressWarnings("UnusedVariable") // picocli reads the options that every command has
final class SluiceCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = CommandLine.ScopeType.INHERIT,
            description = "Show what it takes, and end.")
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version, and end.")
    private boolean version;

    @Option(
            names = "--verbose",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Show where in the program a failure happened.")
    private boolean verbose;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "A command is missing.");
    }

    /** The version that the build wrote into the jar. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"sluice " + version()};
        }

        static String version() {
            String version = SluiceCommand.class.getPackage().getImplementationVersion();
            return version == null ? "(not packaged)" : version;
        }
    }

    /** Prints a completion script. */
    @Command(
            name = "completion",
            description = "Prints a script that completes commands and options in bash and zsh.",
            footerHeading = "%nExample:%n",
            footer = "  source <(sluice completion)")
    static final class Completion implements Runnable {
        @Spec
        private CommandSpec spec;

        @Override
        public void run() {
            spec.commandLine()
                    .getOut()
                    .print(AutoComplete.bash("sluice", spec.root().commandLine()));
            spec.commandLine().getOut().flush();
        }
    }
}
