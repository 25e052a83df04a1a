package dev.sluice.cli;

import dev.sluice.cli.internal.Algorithms;
import dev.sluice.cli.internal.Home;
import dev.sluice.configs.RunConfig;
import dev.sluice.configs.RunFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Aligns a model with rewards. */
@Command(
        name = "train",
        description = "Aligns a model with rewards, as a run file says.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice train configs/scenes-flow-grpo.yaml",
            "  sluice train configs/scenes-flow-grpo.yaml --dry-run",
            "  sluice train configs/scenes-flow-grpo.yaml --set name=seed2 --set seed=2",
            "  sluice train configs/scenes-flow-grpo.yaml --resume",
            "  sluice train --list",
            "",
            "The adapter lands in runs/NAME/adapter, in PEFT's form; what happened in runs/NAME/report.html."
        })
final class TrainCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "CONFIG",
            description = "The run file, YAML; see the folder configs.")
    private Path file;

    @Option(
            names = "--list",
            description = "Show the algorithms that have a run file, their papers and choices, and end.")
    private boolean list;

    @Mixin
    private RunArguments arguments;

    @Override
    public Integer call() throws IOException {
        if (list) {
            PrintWriter out = spec.commandLine().getOut();
            Algorithms.lines(Algorithms.read(Home.folder().resolve("configs"))).forEach(out::println);
            out.flush();
            return 0;
        }
        if (file == null) {
            throw new ParameterException(spec.commandLine(), "Missing required parameter: 'CONFIG'");
        }
        RunConfig config = RunFiles.train(file, arguments.settings());
        Training training = new Training(spec, config);
        return arguments.dryRun() ? training.dryRun() : training.run(arguments.claim());
    }
}
