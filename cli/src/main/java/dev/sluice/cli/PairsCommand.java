package dev.sluice.cli;

import dev.sluice.cli.internal.PairFiles;
import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.TrainingSession;
import dev.sluice.configs.RunConfig;
import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes preference pairs of a run's samples. */
@Command(
        name = "pairs",
        description = {
            "Samples as a run file says, without learning, and keeps the best and the worst picture of each prompt, as the",
            "rewards judge. The folder gets the pictures and pairs.jsonl, which a run file can learn from with",
            "exploration.rule: stored and prompts.train: DIR/pairs.jsonl."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice pairs configs/scenes-dpo.yaml --out pairs",
            "  sluice pairs configs/scenes-dpo.yaml --out pairs --rounds 100 --set seed=2",
            "  sluice train configs/scenes-offline-dpo.yaml --set prompts.train=pairs/pairs.jsonl"
        })
final class PairsCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private RunFileArguments file;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "20",
            description = "Batches to sample (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "pairs",
            description = "The folder to make (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Override
    public Integer call() throws IOException {
        Require.atLeast("rounds", rounds, 1);
        RunConfig run = file.read();
        try (TrainingSession session = TrainingSession.open(run)) {
            PairFiles.requirePictures(session.pipeline());
            PairFiles files = PairFiles.create(out);
            try (Progress progress = Progress.start(spec.commandLine().getErr(), 0, rounds)) {
                session.collect(rounds, (round, pairs) -> {
                    try {
                        for (var pair : pairs) {
                            files.add(pair);
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    progress.done(round + 1, "%s pairs".formatted(files.size()));
                });
            }
            if (files.size() == 0) {
                throw new IllegalArgumentException(
                        "All samples of every prompt had equal rewards, so there is no pair.%nMaybe raise --rounds or batch.groupSize."
                                .formatted());
            }
            files.finish();
            PrintWriter printer = spec.commandLine().getOut();
            printer.printf(
                    "%s pairs of %s samples are in %s.%n",
                    files.size(), rounds * run.batch().samples(), out.resolve(PairFiles.INDEX));
            printer.flush();
            return 0;
        }
    }
}
