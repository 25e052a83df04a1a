package dev.sluice.cli;

import dev.sluice.configs.RunConfig;
import dev.sluice.configs.RunFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What every command takes that opens a run file of {@code sluice train} and makes no run folder. */
final class RunFileArguments {
    @Parameters(index = "0", paramLabel = "CONFIG", description = "The run file, YAML; see the folder configs.")
    private Path config;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Change a key of the run file, such as sampling.steps=10; may be repeated.")
    private final List<String> settings = new ArrayList<>();

    RunConfig read() throws IOException {
        return RunFiles.train(config, settings);
    }
}
