package dev.sluice.cli;

import dev.sluice.cli.internal.JudgedItems;
import dev.sluice.cli.internal.PairedItems;
import dev.sluice.cli.internal.PositionProbe;
import dev.sluice.cli.internal.PreferenceTable;
import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.report.PreferencePage;
import dev.sluice.flow.tensor.Require;
import dev.sluice.rewards.AnnotatorAgreement;
import dev.sluice.rewards.Bootstrap;
import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.PreferenceEvaluation;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardSpec;
import dev.sluice.rewards.SceneSplit;
import dev.sluice.rewards.Scorer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Judges rewards by preferences. */
@Command(
        name = "evaluate",
        description = {
            "Tells how well rewards agree with preferences.",
            "That is accuracy with and without ties, calibration, and rank correlation with the scores that were"
                    + " given. Any reward can be judged, not only a trained model; a judge that compares two"
                    + " sees each pair by itself. Intervals (95%%) are those of other prompts. What is chosen, such as which differences are ties, is chosen on one half of the prompts"
                    + " and used on the other.%n",
            "Exit status: 0 every item has a score, 1 some lack one, 2 bad input.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice reward evaluate reward-model:model=runs/scenes-reward/model --pairs scenes:test",
            "  sluice reward evaluate artifacts reward-model:model=runs/mine/model --pairs pairs/pairs.jsonl --out"
                    + " evaluation"
        })
final class RewardEvaluateCommand implements Callable<Integer> {
    private static final String DRAWN = "scenes:";

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "REWARD", arity = "1..*", description = "NAME or NAME:OPTION=VALUE,...")
    private List<String> rewards;

    @Option(
            names = "--pairs",
            paramLabel = "FILE",
            required = true,
            description =
                    "Preferences, .jsonl or .csv as sluice reward train reads them; or scenes:test, which are drawn.")
    private String pairs;

    @Option(
            names = "--drawn",
            paramLabel = "N",
            defaultValue = "400",
            description = "How many pairs of scenes are drawn (default: ${DEFAULT-VALUE}).")
    private int drawn;

    @Option(names = "--axis", paramLabel = "AXIS", description = "Only judgments about this (default: each in turn).")
    private String axis;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            defaultValue = "1",
            description = "Of what is drawn (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Write evaluation.html, with the picture of calibration, and evaluation.json there, too.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        if (out != null && Files.exists(out) && !Files.isDirectory(out)) {
            throw new IOException("--out (%s) is a file; a folder is expected.".formatted(out));
        }
        List<RewardSpec> specs = rewards.stream().map(RewardSpec::parse).toList();
        List<String> labels = Scorer.labels(specs);
        RewardCommand.refuseGroups(
                specs.stream().filter(one -> !PositionProbe.comparesTwo(one)).toList());
        PreferenceData data = data();
        List<String> axes = axes(data);
        PreferenceTable table = new PreferenceTable("reward", "axis");
        Map<String, PreferenceEvaluation> found = new LinkedHashMap<>();
        Map<String, String> reasons = new LinkedHashMap<>();
        long all = specs.stream()
                .flatMap(one -> axes.stream().map(about -> shown(one, data.about(about))))
                .mapToLong(part -> JudgedItems.of(part).length)
                .sum();
        try (Progress progress = Progress.start(spec.commandLine().getErr(), 0, all)) {
            int before = 0;
            for (int i = 0; i < specs.size(); i++) {
                boolean two = PositionProbe.comparesTwo(specs.get(i));
                for (String about : axes) {
                    PreferenceData part = shown(specs.get(i), data.about(about));
                    int offset = before;
                    try (Reward reward =
                            specs.get(i).withDefaults(Map.of("axis", about)).open()) {
                        IntConsumer heard = done -> progress.done(offset + done, "items");
                        JudgedItems items =
                                two ? PairedItems.score(reward, part, heard) : JudgedItems.score(reward, part, heard);
                        PreferenceEvaluation one =
                                PreferenceEvaluation.of(part, items.values(), new Bootstrap(1000, seed));
                        table.add(List.of(labels.get(i), about), one);
                        found.put(axes.size() == 1 ? labels.get(i) : labels.get(i) + ", " + about, one);
                        reasons.putAll(items.reasons());
                    }
                    before += JudgedItems.of(part).length;
                }
            }
        }
        PrintWriter print = spec.commandLine().getOut();
        table.lines().forEach(print::println);
        AnnotatorAgreement.kappa(axis == null ? data : data.about(axis))
                .ifPresent(kappa -> print.printf(
                        Locale.ROOT, "%nThose who compared agree with each other: Cohen's kappa is %.3f.%n", kappa));
        if (out != null) {
            print.printf("%nWritten: %s%n", PreferencePage.write(out, pairs, table, found));
        }
        int status = RewardCommand.lacking(print, reasons);
        print.flush();
        return status;
    }

    private static PreferenceData shown(RewardSpec one, PreferenceData part) {
        return PositionProbe.comparesTwo(one) ? PairedItems.of(part) : part;
    }

    private PreferenceData data() throws IOException {
        if (!pairs.startsWith(DRAWN)) {
            return PreferenceData.read(Path.of(pairs));
        }
        Require.atLeast("--drawn", drawn, 4);
        for (SceneSplit split : SceneSplit.values()) {
            if (split.name().toLowerCase(Locale.ROOT).equals(pairs.substring(DRAWN.length()))) {
                return PreferenceData.scenes(split, drawn, seed);
            }
        }
        throw new IllegalArgumentException(
                "--pairs (%s) must be a file, scenes:train or scenes:test.".formatted(pairs));
    }

    private List<String> axes(PreferenceData data) {
        List<String> axes = new ArrayList<>(data.axes());
        if (axis != null && !axes.contains(axis)) {
            throw new IllegalArgumentException(
                    "--axis (%s) must be one of %s, as in %s.".formatted(axis, String.join(", ", axes), pairs));
        }
        return axis == null ? axes : List.of(axis);
    }
}
