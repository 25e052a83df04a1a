package dev.sluice.cli;

import ai.djl.Device;
import dev.sluice.cli.internal.PretrainingLoop;
import dev.sluice.cli.internal.RunFolder;
import dev.sluice.configs.IdmConfig;
import dev.sluice.configs.RunFiles;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.rewards.ArmWorld;
import dev.sluice.rewards.Executability;
import dev.sluice.rewards.InverseDynamics;
import dev.sluice.rewards.InverseDynamicsTraining;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The inverse dynamics model behind the reward executability. */
@Command(
        name = "idm",
        description =
                "Trains and judges the model that reads an arm's joints from videos, for the reward executability.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice idm train configs/arm-idm.yaml",
            "  sluice idm check runs/arm-idm/model --triples 1000",
        },
        subcommands = {IdmCommand.Train.class, IdmCommand.Check.class})
final class IdmCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "A command is missing: train or check.");
    }

    /** Trains it. */
    @Command(
            name = "train",
            description = "Trains an inverse dynamics model on rendered motions of the world arm.",
            footerHeading = "%nExamples:%n",
            footer = {
                "  sluice idm train configs/arm-idm.yaml",
                "  sluice idm train configs/arm-idm.yaml --resume",
                "",
                "The model lands in runs/NAME/model. A run file uses it as",
                "  rewards: [{name: executability, weight: 1, options: {model: runs/arm-idm/model}}]"
            })
    static final class Train implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Parameters(index = "0", paramLabel = "CONFIG", description = "The run file, YAML; see the folder configs.")
        private Path file;

        @Mixin
        private RunArguments arguments;

        @Override
        public Integer call() throws IOException {
            IdmConfig config = RunFiles.idm(file, arguments.settings());
            RunFolder folder = new RunFolder(config.folder());
            if (!arguments.dryRun()) {
                arguments.claim().check(folder);
            }
            Device device = Torch.device(config.device());
            Torch.threads(config.threads());
            try (InverseDynamicsTraining training =
                    new InverseDynamicsTraining(device, config.architecture(), config.training())) {
                if (arguments.dryRun()) {
                    PrintWriter out = spec.commandLine().getOut();
                    out.print(RunFiles.yaml(config));
                    out.printf("# trained parameters: %,d%n", training.parameterCount());
                    out.flush();
                    return 0;
                }
                PretrainingLoop.Course course = new PretrainingLoop.Course(
                        config.training().steps(), config.training().videos() * ArmWorld.FRAMES, config.checkpoints());
                return new LearnerRun(spec, arguments, folder)
                        .run(
                                training,
                                course,
                                RunFiles.yaml(config),
                                LearnerRun.madeBy(spec, config.training().seed(), RunFiles.tree(config)),
                                () -> {});
            }
        }
    }

    /** Judges it. */
    @Command(
            name = "check",
            description = {
                "Tells how well a model reads joints, and whether the reward tells motions apart.",
                "Each triple is a clean motion, the same jittered and the same beyond a joint's limits, of a test prompt. Exit status 1 if "
                        + "less than 98%% of them earn in the order of their true costs.%n"
            },
            footerHeading = "%nExamples:%n",
            footer = {"  sluice idm check", "  sluice idm check runs/arm-idm/model --triples 1000"})
    static final class Check implements Callable<Integer> {
        private static final double LEAST = 0.98;

        @Spec
        private CommandSpec spec;

        @Parameters(
                index = "0",
                arity = "0..1",
                paramLabel = "DIR",
                description = "A model's folder; the bundled one if left out.")
        private Path model;

        @Option(
                names = "--triples",
                paramLabel = "N",
                defaultValue = "200",
                description = "How many triples (default: ${DEFAULT-VALUE}).")
        private int triples;

        @Option(
                names = "--seed",
                paramLabel = "N",
                defaultValue = "1",
                description = "The seed of the motions (default: ${DEFAULT-VALUE}).")
        private long seed;

        @Override
        public Integer call() throws IOException {
            if (triples < 1) {
                throw new IllegalArgumentException("--triples (%s) must be at least 1.".formatted(triples));
            }
            try (Executability reward =
                    new Executability(model == null ? InverseDynamics.bundled() : InverseDynamics.open(model), 1)) {
                Executability.Agreement agreement = reward.agreement(triples, seed);
                PrintWriter out = spec.commandLine().getOut();
                out.printf(
                        Locale.ROOT,
                        "angles: mean error %.4f rad, worst %.4f rad%n",
                        agreement.meanError(),
                        agreement.worstError());
                out.printf(
                        Locale.ROOT, "clean earns most: %.1f%% of %s triples%n", 100 * agreement.cleanFirst(), triples);
                out.printf(
                        Locale.ROOT, "all three in the order of their true costs: %.1f%%%n", 100 * agreement.inOrder());
                out.flush();
                return agreement.inOrder() >= LEAST ? 0 : 1;
            }
        }
    }
}
