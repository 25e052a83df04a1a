package dev.sluice.cli;

import dev.sluice.configs.RunConfig;
import dev.sluice.configs.RunFiles;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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
            "",
            "The adapter lands in runs/NAME/adapter, in PEFT's form; what happened in runs/NAME/report.html."
        })
final class TrainCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private RunArguments arguments;

    @Override
    public Integer call() throws IOException {
        RunConfig config = RunFiles.train(arguments.config(), arguments.settings());
        Training training = new Training(spec, config);
        return arguments.dryRun() ? training.dryRun() : training.run(arguments.claim());
    }
}
