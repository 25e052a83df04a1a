package dev.sluice.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What can be done with images and videos. */
@Command(
        name = "media",
        description = "Looks at images and videos, converts and compares them.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice media info clip.mp4",
            "  sluice media convert clip.mp4 clip.gif --size 320x180 --fps 10",
            "  sluice media sheet clip.mp4 --out sheet.png",
            "  sluice media compare before.mp4 after.mp4 --out both.mp4"
        },
        subcommands = {
            MediaInfoCommand.class,
            MediaConvertCommand.class,
            MediaSheetCommand.class,
            MediaCompareCommand.class
        })
final class MediaCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "A command is missing: info, convert, sheet or compare.");
    }
}
