package dev.sluice.cli;

import ai.djl.Device;
import dev.sluice.cli.internal.JudgedItems;
import dev.sluice.cli.internal.MemberAgreement;
import dev.sluice.cli.internal.PreferenceTable;
import dev.sluice.cli.internal.PretrainingLoop;
import dev.sluice.cli.internal.RunFolder;
import dev.sluice.cli.internal.report.PreferencePage;
import dev.sluice.configs.RewardModelConfig;
import dev.sluice.configs.RunFiles;
import dev.sluice.flow.Learner;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.rewards.Bootstrap;
import dev.sluice.rewards.Joining;
import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.PreferenceEvaluation;
import dev.sluice.rewards.PreferenceLoss;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardArchitecture;
import dev.sluice.rewards.RewardEnsemble;
import dev.sluice.rewards.RewardEnsembleTraining;
import dev.sluice.rewards.RewardModel;
import dev.sluice.rewards.RewardModelTraining;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trains a reward model. */
@Command(
        name = "train",
        description = {
            "Trains a reward model on preferences, and tests it with prompts that it has not seen.",
            "Preferences are lines of a .jsonl or .csv file: prompt, preferred, rejected; or prompt, a, b, label (a, b"
                    + " or tie); or prompt, media, good (0 or 1). An axis, such as motion, may stand beside them.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice reward train configs/scenes-reward.yaml",
            "  sluice reward train configs/scenes-reward.yaml --set data.type=files --set data.train=pairs/pairs.jsonl",
            "  sluice reward train configs/scenes-reward.yaml --resume",
            "  sluice reward train configs/scenes-reward.yaml --set model.members=4 --set name=four",
            "",
            "The model lands in runs/NAME/model. A run file uses it as",
            "  rewards: [{name: reward-model, weight: 1, options: {model: runs/scenes-reward/model}}]"
        })
final class RewardTrainCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "CONFIG", description = "The run file, YAML; see the folder configs.")
    private Path file;

    @Mixin
    private RunArguments arguments;

    @Override
    public Integer call() throws IOException {
        RewardModelConfig config = RunFiles.reward(file, arguments.settings());
        RunFolder folder = new RunFolder(config.folder());
        if (!arguments.dryRun()) {
            arguments.claim().check(folder);
        }
        Device device = Torch.device(config.device());
        Torch.threads(config.threads());
        long seed = config.training().seed();
        PreferenceData.Parts parts = config.data().parts(seed);
        RewardArchitecture architecture = config.architecture(parts.most().axes());
        try (Learner training = learner(config, device, architecture, parts.most())) {
            if (arguments.dryRun()) {
                PrintWriter out = spec.commandLine().getOut();
                out.print(RunFiles.yaml(config));
                out.printf("# trained parameters: %,d%n", training.parameterCount());
                out.printf(
                        "# pairs: %s to learn from, %s to test with%n",
                        parts.most().pairs().size(), parts.rest().pairs().size());
                out.flush();
                return 0;
            }
            PretrainingLoop.Course course = new PretrainingLoop.Course(
                    config.training().steps(), config.training().pairs(), config.checkpoints());
            int status = new LearnerRun(spec, arguments, folder)
                    .run(
                            training,
                            course,
                            RunFiles.yaml(config),
                            LearnerRun.madeBy(spec, seed, RunFiles.tree(config)),
                            () -> {});
            return status == 0 ? test(folder.path(), parts.rest()) : status;
        }
    }

    private static Learner learner(
            RewardModelConfig config, Device device, RewardArchitecture architecture, PreferenceData data)
            throws IOException {
        int members = config.model().members();
        PreferenceLoss loss = config.loss().loss();
        return members == 1
                ? new RewardModelTraining(device, architecture, loss, config.training(), data)
                : new RewardEnsembleTraining(device, architecture, loss, config.training(), data, members);
    }

    private static Reward open(Path model, String axis) throws IOException {
        return RewardEnsemble.at(model)
                ? RewardEnsemble.open(model, axis, Torch.threads(), new Joining.Ensemble(Joining.By.MEAN, 0))
                : RewardModel.open(model, axis, Torch.threads());
    }

    /** Tests the model, and returns the exit status. */
    private int test(Path run, PreferenceData data) throws IOException {
        PreferenceTable table = new PreferenceTable("axis");
        Map<String, PreferenceEvaluation> found = new LinkedHashMap<>();
        Map<String, String> reasons = new LinkedHashMap<>();
        List<String> agreements = new ArrayList<>();
        for (String axis : data.axes()) {
            try (Reward model = open(run.resolve("model"), axis)) {
                PreferenceData about = data.about(axis);
                JudgedItems items = JudgedItems.score(model, about, done -> {});
                PreferenceEvaluation one = PreferenceEvaluation.of(about, items.values(), Bootstrap.USUAL);
                table.add(axis, one);
                found.put(axis, one);
                reasons.putAll(items.reasons());
                MemberAgreement.of(about, items).ifPresent(agreement -> agreements.add(agreement.line()));
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        table.lines().forEach(out::println);
        agreements.forEach(out::println);
        out.printf(
                "%nWritten: %s%n", PreferencePage.write(run, "The part of the preferences for the test", table, found));
        int status = RewardCommand.lacking(out, reasons);
        out.flush();
        return status;
    }
}
