package dev.sluice.cli;

import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.Table;
import dev.sluice.cli.internal.TrainingSession;
import dev.sluice.configs.RunConfig;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.grpo.NoiseCalibration;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Finds the noise of every step for a run file. */
@Command(
        name = "calibrate",
        description = {
            "Finds how much noise each step bears: as much as does a sample good as often as harm, as the rewards judge",
            "what the ODE makes of it before and after. The run's own noise is where it starts, and its model stays as",
            "it is. No file is written; the table that is printed belongs into the run file."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice calibrate configs/scenes-flow-grpo.yaml",
            "  sluice calibrate configs/scenes-flow-grpo.yaml --samples 256 --move 0.05"
        })
final class CalibrateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private RunFileArguments file;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "64",
            description = "Samples of a round, an even number (default: ${DEFAULT-VALUE}).")
    private int samples;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "50",
            description = "Rounds (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--move",
            paramLabel = "X",
            defaultValue = "0.01",
            description = "What a round adds to the noise of a step or takes off (default: ${DEFAULT-VALUE}).")
    private double move;

    @Override
    public Integer call() throws IOException {
        RunConfig run = file.read();
        NoiseCalibration.Options options =
                NoiseCalibration.Options.of(samples, run.batch().chunkSize(), rounds, move, run.seed());
        List<NoiseCalibration.Round> done = new ArrayList<>();
        try (TrainingSession session = TrainingSession.open(run);
                Progress progress = Progress.start(spec.commandLine().getErr(), 0, rounds)) {
            List<Double> found = session.calibrate(options, round -> {
                done.add(round);
                progress.done(done.size(), "");
            });
            print(done, found, session.trainer().options().rollout().schedule());
        }
        return 0;
    }

    private void print(List<NoiseCalibration.Round> rounds, List<Double> found, TimeSchedule schedule) {
        PrintWriter out = spec.commandLine().getOut();
        NoiseCalibration.Round first = rounds.get(0);
        NoiseCalibration.Round last = rounds.get(rounds.size() - 1);
        Table table =
                new Table(">step", ">sigma", ">noise before", ">gained", ">lost", ">noise after", ">gained", ">lost");
        for (int k = 0; k < last.gained().length; k++) {
            table.add(
                    String.valueOf(k),
                    decimals(schedule.sigma(k)),
                    decimals(first.diffusions().get(k)),
                    String.valueOf(first.gained()[k]),
                    String.valueOf(first.lost()[k]),
                    decimals(last.diffusions().get(k)),
                    String.valueOf(last.gained()[k]),
                    String.valueOf(last.lost()[k]));
        }
        table.lines().forEach(line -> out.println("# " + line));
        out.println("# after %s rounds of %s samples".formatted(rounds.size(), samples));
        out.println("exploration:");
        out.println("  rule: table");
        out.println("  diffusions: ["
                + found.stream().map(CalibrateCommand::decimals).collect(Collectors.joining(", ")) + "]");
        out.flush();
    }

    private static String decimals(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
