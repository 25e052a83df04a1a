package dev.sluice.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What can be asked of a model's folder. */
@Command(
        name = "model",
        description =
                "Tells what a model's folder holds and whether it computes what a reference does; writes it in other forms.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice model list runs",
            "  sluice model inspect configs/models/scenes",
            "  sluice model verify DIR --golden golden.safetensors",
            "  sluice model convert DIR --out DIR-bf16 --type bfloat16"
        },
        subcommands = {
            ModelListCommand.class,
            ModelInspectCommand.class,
            ModelVerifyCommand.class,
            ModelConvertCommand.class,
            ModelRandomCommand.class,
            ModelBenchCommand.class
        })
final class ModelCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "A command is missing: list, inspect, verify, convert, random or bench.");
    }
}
