package dev.sluice.cli;

import dev.sluice.cli.internal.BestOfTable;
import dev.sluice.cli.internal.FittingWeights;
import dev.sluice.cli.internal.PreferenceTable;
import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.Table;
import dev.sluice.cli.internal.report.PreferencePage;
import dev.sluice.cli.internal.score.MediaItem;
import dev.sluice.cli.internal.score.MediaList;
import dev.sluice.rewards.Bootstrap;
import dev.sluice.rewards.RewardAgreement;
import dev.sluice.rewards.RewardSpec;
import dev.sluice.rewards.Scorer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sets rewards side by side. */
@Command(
        name = "compare",
        description = {
            "Tells how far rewards agree on the same pictures or videos, two and two.",
            "That is rank correlations, the share of pairs of one prompt that both order alike, the share of prompts"
                    + " of which both like the same one best, and the STARC distance: 0 if one is the other but for its"
                    + " scale and for what it gives a prompt as a whole, 0.71 if they have nothing in common, 1 if they"
                    + " are opposites. Intervals (95%%) are those of other prompts.%n",
            "Exit status: 0 every item has every score, 1 some lack one, 2 bad input.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice reward compare scenes reward-model:model=runs/scenes-reward/model --media samples",
            "  sluice reward compare scenes compressibility --gold scenes --media samples",
            "  sluice reward compare artifacts artifact-detector compressibility --media 'out/**.png' --out comparison"
        })
final class RewardCompareCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "REWARD", arity = "2..*", description = "NAME or NAME:OPTION=VALUE,...")
    private List<String> rewards;

    @Mixin
    private ScoredMedia media;

    @Mixin
    private ScoringArguments scoring;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            defaultValue = "1",
            description = "Of the prompts that the intervals draw (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--gold",
            paramLabel = "REWARD",
            description =
                    "One of the rewards, as it is written there, that judges what the others choose: what the best of"
                            + " 1, 2, 4, 8 and 16 samples of a prompt is worth; and by two to four others the weights whose sum"
                            + " follows it best.")
    private String gold;

    @Option(names = "--out", paramLabel = "DIR", description = "Write comparison.json there, too.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        scoring.check();
        if (out != null && Files.exists(out) && !Files.isDirectory(out)) {
            throw new IOException("--out (%s) is a file; a folder is expected.".formatted(out));
        }
        List<RewardSpec> specs = rewards.stream().map(RewardSpec::parse).toList();
        List<String> labels = Scorer.labels(specs);
        int judge = gold == null ? -1 : rewards.indexOf(gold);
        if (gold != null && judge < 0) {
            throw new IllegalArgumentException(
                    "--gold (%s) must be one of the rewards: %s.".formatted(gold, String.join(", ", rewards)));
        }
        RewardCommand.refuseGroups(specs);
        MediaList list = media.list();
        double[][] scores = new double[specs.size()][list.items().size()];
        Map<String, String> reasons = new LinkedHashMap<>();
        try (Scorer scorer = scoring.open(specs);
                Progress progress = Progress.start(
                        spec.commandLine().getErr(), 0, list.items().size())) {
            scoring.batches().run(scorer, list.items(), 0, (first, rows) -> {
                for (int i = 0; i < rows.size(); i++) {
                    MediaItem item = list.items().get(first + i);
                    for (int k = 0; k < scores.length; k++) {
                        scores[k][first + i] = rows.get(i).scores()[k];
                    }
                    rows.get(i).fault().ifPresent(fault -> reasons.put(item.file(), fault));
                }
                progress.done(first + rows.size(), "items");
            });
        }
        Map<List<String>, RewardAgreement> found = agreements(labels, scores, list);
        PrintWriter print = spec.commandLine().getOut();
        print(print, found);
        if (judge >= 0) {
            print.println();
            BestOfTable.lines(labels, scores, judge, texts(list)).forEach(print::println);
            List<String> weights = FittingWeights.lines(labels, scores, judge, texts(list));
            if (!weights.isEmpty()) {
                print.println();
                weights.forEach(print::println);
            }
        }
        if (out != null) {
            print.printf("%nWritten: %s%n", PreferencePage.write(out, found));
        }
        int status = RewardCommand.lacking(print, reasons);
        print.flush();
        return status;
    }

    private Map<List<String>, RewardAgreement> agreements(List<String> labels, double[][] scores, MediaList list) {
        List<String> texts = texts(list);
        Map<List<String>, RewardAgreement> found = new LinkedHashMap<>();
        for (int i = 0; i < scores.length; i++) {
            for (int j = i + 1; j < scores.length; j++) {
                found.put(
                        List.of(labels.get(i), labels.get(j)),
                        RewardAgreement.of(scores[i], scores[j], texts, new Bootstrap(1000, seed)));
            }
        }
        return found;
    }

    private static List<String> texts(MediaList list) {
        return list.items().stream().map(item -> item.prompt().text()).toList();
    }

    private static void print(PrintWriter print, Map<List<String>, RewardAgreement> found) {
        Table table = new Table(
                "reward",
                "reward",
                ">items",
                ">prompts",
                ">Kendall",
                ">Spearman",
                ">same order",
                ">same best",
                ">STARC distance");
        found.forEach((pair, agreement) -> table.add(
                pair.get(0),
                pair.get(1),
                String.valueOf(agreement.samples()),
                String.valueOf(agreement.prompts()),
                PreferenceTable.figure(agreement.kendall()),
                PreferenceTable.figure(agreement.spearman()),
                PreferenceTable.figure(agreement.sameOrder()),
                PreferenceTable.figure(agreement.sameBest()),
                PreferenceTable.figure(agreement.starc())));
        table.lines().forEach(print::println);
    }
}
