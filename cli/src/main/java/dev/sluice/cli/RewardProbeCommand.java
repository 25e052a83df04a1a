package dev.sluice.cli;

import dev.sluice.cli.internal.MeasuredItems;
import dev.sluice.cli.internal.PositionProbe;
import dev.sluice.cli.internal.PreferenceTable;
import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.Table;
import dev.sluice.cli.internal.report.ProbeFile;
import dev.sluice.cli.internal.score.MediaList;
import dev.sluice.cli.internal.score.RewardFit;
import dev.sluice.flow.tensor.Require;
import dev.sluice.rewards.BiasTrait;
import dev.sluice.rewards.Bootstrap;
import dev.sluice.rewards.PositionBias;
import dev.sluice.rewards.RewardBias;
import dev.sluice.rewards.RewardSpec;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scorer;
import dev.sluice.rewards.Scores;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks for what rewards like that is nobody's purpose. */
@Command(
        name = "probe",
        description = {
            "Tells what rewards like besides what they should.",
            "That is how far their scores go along with sharpness, brightness, colourfulness, the size as a JPEG and the length of the prompt,"
                    + " over all items and among those of one prompt, which is what a policy can gain by. Of a judge that"
                    + " compares two: how often it names the same winner when they are swapped, how often the one that is"
                    + " shown first wins, and how often the first of two that are the same, which should both be a half."
                    + " Intervals (95%%) are those of other prompts.%n",
            "Exit status: 0 every item has every score, 1 some lack one, 2 bad input.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice reward probe compressibility artifacts --media samples",
            "  sluice reward probe reward-model:model=runs/mine/model --media 'out/**.png' --prompts prompts.txt",
            "  sluice reward probe judge-pairwise:endpoint=http://localhost:8000/v1,model=m --media samples --swaps 50"
        })
final class RewardProbeCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "REWARD", arity = "1..*", description = "NAME or NAME:OPTION=VALUE,...")
    private List<String> rewards;

    @Mixin
    private ScoredMedia media;

    @Mixin
    private ScoringArguments scoring;

    @Option(
            names = "--swaps",
            paramLabel = "N",
            defaultValue = "100",
            description =
                    "How many pairs a judge sees in both orders, at most; 0 for none (default: ${DEFAULT-VALUE}).")
    private int swaps;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            defaultValue = "1",
            description = "Of the prompts that the intervals draw (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--out", paramLabel = "DIR", description = "Write probe.json there, too.")
    private Path out;

    private final Map<String, String> reasons = new LinkedHashMap<>();

    @Override
    public Integer call() throws IOException {
        scoring.check();
        Require.atLeast("--swaps", swaps, 0);
        if (out != null && Files.exists(out) && !Files.isDirectory(out)) {
            throw new IOException("--out (%s) is a file; a folder is expected.".formatted(out));
        }
        List<RewardSpec> specs = rewards.stream().map(RewardSpec::parse).toList();
        List<String> labels = Scorer.labels(specs);
        MediaList list = media.list();
        RewardFit.requirePrompts(specs, list);
        Bootstrap bootstrap = new Bootstrap(1000, seed);
        double[][] scores = new double[specs.size()][list.items().size()];
        MeasuredItems items = new MeasuredItems(list.items());
        Map<String, PositionBias> positions = new LinkedHashMap<>();
        score(specs, list, items, scores);
        for (int k = 0; k < scores.length; k++) {
            String label = labels.get(k);
            PositionProbe.of(specs.get(k), list.items(), swaps, bootstrap)
                    .ifPresent(test -> positions.put(label, test));
        }
        Map<String, Map<BiasTrait, RewardBias>> found = biases(labels, scores, items, list, bootstrap);
        PrintWriter print = spec.commandLine().getOut();
        printBiases(print, found);
        printPositions(print, positions);
        if (out != null) {
            print.printf("%nWritten: %s%n", ProbeFile.write(out, found, positions));
        }
        int status = RewardCommand.lacking(print, reasons);
        print.flush();
        return status;
    }

    /** Scores items as many at a time as is asked for; rewards that compare the items of a prompt get them at once. */
    private void score(List<RewardSpec> specs, MediaList list, MeasuredItems items, double[][] scores)
            throws IOException {
        Map<Boolean, List<Integer>> kinds = IntStream.range(0, specs.size())
                .boxed()
                .collect(Collectors.partitioningBy(k -> PositionProbe.comparesGroups(specs.get(k))));
        List<Integer> single = kinds.get(false);
        long passes = kinds.get(true).size() + (single.isEmpty() ? 0L : 1L);
        try (Progress progress = Progress.start(
                spec.commandLine().getErr(), 0, passes * list.items().size())) {
            int before = 0;
            if (!single.isEmpty()) {
                try (Scorer scorer =
                        scoring.open(single.stream().map(specs::get).toList())) {
                    scoring.batches().run(scorer, items.sources(), 0, (first, rows) -> {
                        for (int i = 0; i < rows.size(); i++) {
                            for (int k = 0; k < single.size(); k++) {
                                scores[single.get(k)][first + i] = rows.get(i).scores()[k];
                            }
                            String name = list.items().get(first + i).file();
                            rows.get(i).fault().ifPresent(fault -> reasons.put(name, fault));
                        }
                        progress.done(first + rows.size(), "items");
                    });
                }
                before += list.items().size();
            }
            for (int k : kinds.get(true)) {
                try (Scorer scorer = scoring.open(List.of(specs.get(k)))) {
                    for (List<Integer> group : PositionProbe.byPrompt(list.items())) {
                        scoreGroup(scorer, group, list, items, scores[k]);
                        before += group.size();
                        progress.done(before, "items");
                    }
                }
            }
        }
    }

    private void scoreGroup(Scorer scorer, List<Integer> group, MediaList list, MeasuredItems items, double[] scores) {
        List<Sample> samples = new ArrayList<>();
        List<Integer> read = new ArrayList<>();
        for (int index : group) {
            scores[index] = Double.NaN;
            try {
                samples.add(items.sources().get(index).read());
                read.add(index);
            } catch (IOException e) {
                reasons.put(list.items().get(index).file(), String.valueOf(e.getMessage()));
            }
        }
        if (read.isEmpty()) {
            return;
        }
        String name = scorer.names().get(0);
        Scores found = scorer.score(samples).get(name);
        for (int i = 0; i < read.size(); i++) {
            scores[read.get(i)] = found.values()[i];
            if (!found.valid(i)) {
                reasons.put(
                        list.items().get(read.get(i)).file(),
                        name + ": " + found.reasons().get(i));
            }
        }
    }

    private static Map<String, Map<BiasTrait, RewardBias>> biases(
            List<String> labels, double[][] scores, MeasuredItems items, MediaList list, Bootstrap bootstrap) {
        List<String> texts =
                list.items().stream().map(item -> item.prompt().text()).toList();
        Map<String, Map<BiasTrait, RewardBias>> found = new LinkedHashMap<>();
        for (int k = 0; k < scores.length; k++) {
            Map<BiasTrait, RewardBias> biases = new LinkedHashMap<>();
            for (BiasTrait trait : BiasTrait.values()) {
                biases.put(trait, RewardBias.of(scores[k], items.values(trait), texts, bootstrap));
            }
            found.put(labels.get(k), biases);
        }
        return found;
    }

    private static void printBiases(PrintWriter print, Map<String, Map<BiasTrait, RewardBias>> found) {
        Table table =
                new Table("reward", "along with", ">items", ">prompts", ">Spearman", ">Pearson", ">within prompts");
        found.forEach((label, biases) -> biases.forEach((trait, bias) -> table.add(
                label,
                trait.toString(),
                String.valueOf(bias.samples()),
                String.valueOf(bias.prompts()),
                PreferenceTable.figure(bias.spearman()),
                PreferenceTable.figure(bias.pearson()),
                PreferenceTable.figure(bias.within()))));
        table.lines().forEach(print::println);
    }

    private static void printPositions(PrintWriter print, Map<String, PositionBias> positions) {
        if (positions.isEmpty()) {
            return;
        }
        Table table =
                new Table("judge", ">pairs", ">same winner if swapped", ">first wins", ">first of two alike wins");
        positions.forEach((label, test) -> table.add(
                label,
                String.valueOf(test.pairs()),
                PreferenceTable.figure(test.consistent()),
                PreferenceTable.figure(test.first()),
                PreferenceTable.figure(test.identical())));
        print.println();
        table.lines().forEach(print::println);
        positions.forEach((label, test) -> {
            if (!test.reasons().isEmpty()) {
                print.printf(
                        "%s of the pairs have no verdict by %s (%s).%n",
                        test.reasons().size(),
                        label,
                        test.reasons().values().iterator().next());
            } else if (test.pairs() == 0) {
                print.printf("No prompt has two items, which %s could compare.%n", label);
            }
        });
    }
}
