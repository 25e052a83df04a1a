package dev.sluice.cli;

import ai.djl.Device;
import dev.sluice.cli.internal.ArmBatches;
import dev.sluice.cli.internal.PretrainingLoop;
import dev.sluice.cli.internal.RunFolder;
import dev.sluice.cli.internal.SceneBatches;
import dev.sluice.configs.PretrainConfig;
import dev.sluice.configs.RunFiles;
import dev.sluice.flow.Pretraining;
import dev.sluice.flow.PretrainingData;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.rewards.ArmWorld;
import dev.sluice.rewards.ScenesWorld;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Pretrains a small model. */
@Command(
        name = "pretrain",
        description = "Pretrains a small model of pictures or videos by flow matching.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice pretrain configs/scenes-pretrain.yaml",
            "  sluice pretrain configs/scenes-pretrain.yaml --resume",
            "  sluice pretrain configs/arm-pretrain.yaml",
            "  sluice pretrain configs/scenes-pretrain.yaml --set name=small --set training.steps=2000",
            "",
            "The model lands in runs/NAME/model, in diffusers' layout; what happened in runs/NAME/report.html."
        })
final class PretrainCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "CONFIG", description = "The run file, YAML; see the folder configs.")
    private Path file;

    @Mixin
    private RunArguments arguments;

    @Override
    public Integer call() throws IOException {
        PretrainConfig config = RunFiles.pretrain(file, arguments.settings());
        RunFolder folder = new RunFolder(config.folder());
        if (!arguments.dryRun()) {
            arguments.claim().check(folder);
        }
        warn(config.architecture());
        Device device = Torch.device(config.device());
        try (Lanes lanes = Lanes.open(config.lanes(), config.training().chunks(), config.threads(), device);
                Pretraining pretraining = new Pretraining(
                        lanes,
                        device,
                        config.architecture(),
                        arm(config) ? ArmWorld.words() : ScenesWorld.words(),
                        config.training(),
                        data(config))) {
            if (arguments.dryRun()) {
                return dryRun(config, pretraining, lanes.count());
            }
            return new LearnerRun(spec, arguments, folder)
                    .run(pretraining, course(config), RunFiles.yaml(config), madeBy(config), () -> {
                        if (config.startFolder().isPresent()) {
                            pretraining.startFrom(config.startFolder().get());
                        }
                    });
        }
    }

    private void warn(Pretraining.Architecture architecture) {
        if (architecture.noiseKept() > 0) {
            PrintWriter err = spec.commandLine().getErr();
            err.printf(
                    Locale.ROOT,
                    "sluice: A token has %s numbers, but the network is %s wide: %.0f%% of the noise cannot leave it, and stays in what it makes.%n"
                            + "Maybe make patches smaller or the network wider%s.%n",
                    architecture.tokenSize(),
                    architecture.heads() * architecture.headSize(),
                    100 * architecture.noiseKept(),
                    architecture.video().isPresent() ? ", or set architecture.video.cleanOutput to true" : "");
            err.flush();
        }
    }

    private static PretrainingData data(PretrainConfig config) {
        long seed = config.training().seed();
        return switch (config.world()) {
            case SCENES -> new SceneBatches(config.scenes(), seed);
            case ARM -> new ArmBatches(seed);
        };
    }

    private static boolean arm(PretrainConfig config) {
        return config.world() == PretrainConfig.World.ARM;
    }

    private static PretrainingLoop.Course course(PretrainConfig config) {
        return new PretrainingLoop.Course(
                config.training().steps(), config.training().batch(), config.checkpoints());
    }

    private int dryRun(PretrainConfig config, Pretraining pretraining, int lanes) {
        PrintWriter out = spec.commandLine().getOut();
        long parameters = pretraining.parameterCount();
        out.print(RunFiles.yaml(config));
        out.printf("# trained parameters: %,d%n", parameters);
        // Value, sum of gradients, moments and average, and the gradient of a chunk on each lane.
        out.printf(
                Locale.ROOT,
                "# weights, gradients, moments and average: %.0f MB on %s%n",
                parameters * 4 * (5.0 + lanes) / 1e6,
                lanes == 1 ? "1 lane" : lanes + " lanes");
        out.printf(
                arm(config) ? "# videos: %,d%n" : "# images: %,d%n",
                config.training().steps() * config.training().batch());
        out.flush();
        return 0;
    }

    private Map<String, Object> madeBy(PretrainConfig config) {
        return LearnerRun.madeBy(spec, config.training().seed(), RunFiles.tree(config));
    }
}
