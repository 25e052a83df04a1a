package dev.sluice.cli;

import dev.sluice.cli.internal.Home;
import dev.sluice.configs.RunConfig;
import dev.sluice.configs.RunFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Aligns the bundled model in a few minutes. */
@Command(
        name = "demo",
        description = "Aligns the bundled model with Flow-GRPO on the CPU, in minutes, and shows what came of it.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice demo",
            "  sluice demo --iterations 2",
            "",
            "It is the run of configs/demo.yaml. An earlier demo in runs/demo is replaced, unless --resume is given."
        })
final class DemoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--iterations", paramLabel = "N", description = "How many, instead of those of configs/demo.yaml.")
    private Integer iterations;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Change a key of configs/demo.yaml, such as seed=2; may be repeated.")
    private final List<String> settings = new ArrayList<>();

    @Option(names = "--resume", description = "Continue a demo that was stopped.")
    private boolean resume;

    @Override
    public Integer call() throws IOException {
        List<String> all = new ArrayList<>(settings);
        if (iterations != null) {
            all.add("iterations=" + iterations);
        }
        Path file = Home.folder().resolve("configs/demo.yaml");
        RunConfig config = RunFiles.train(file, all);
        return new Training(spec, config).run(resume ? RunArguments.Claim.RESUME : RunArguments.Claim.OVERWRITE);
    }
}
