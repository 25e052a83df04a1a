package dev.sluice.cli;

import dev.sluice.cli.internal.Benchmark;
import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.Table;
import dev.sluice.cli.internal.TrainingSession;
import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures where the time of a run goes. */
@Command(
        name = "bench",
        description = {
            "Measures where the time of a training run goes, and how near it comes to this machine's best.",
            "The peak is the best rate of a large float32 matrix product through the same engine, lanes and",
            "threads, measured before and after. Work is counted from the model's sizes; elementwise",
            "work counts as nothing. No file is written."
        },
        footerHeading = "%nExample:%n",
        footer = "  sluice bench configs/scenes-flow-grpo.yaml --iterations 5")
final class BenchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private RunFileArguments file;

    @Option(
            names = "--iterations",
            paramLabel = "N",
            defaultValue = "3",
            description = "Iterations to measure, after one that is not (default: ${DEFAULT-VALUE}).")
    private int iterations;

    @Override
    public Integer call() throws IOException {
        Require.atLeast("--iterations", iterations, 1);
        Benchmark.Result result;
        try (TrainingSession session = TrainingSession.open(file.read());
                Progress progress = Progress.start(spec.commandLine().getErr(), 0, iterations + 1L)) {
            result = Benchmark.run(session, iterations, progress);
        }
        print(result, spec.commandLine().getOut());
        return 0;
    }

    private static void print(Benchmark.Result result, PrintWriter out) {
        Table table = new Table("phase", ">seconds", ">GFLOP", ">GFLOP/s", ">of peak");
        result.phases()
                .forEach(phase -> table.add(
                        phase.name(),
                        format("%.3f", phase.seconds()),
                        phase.work() == 0 ? "" : format("%.1f", phase.work() / 1e9),
                        phase.work() == 0 ? "" : format("%.1f", phase.rate() / 1e9),
                        phase.work() == 0 ? "" : format("%.0f%%", 100 * phase.rate() / result.peak())));
        out.printf(
                "Medians of %s iterations, %s lanes of %s threads; peak %s GFLOP/s (before %s, after %s).%n%n",
                result.iterations(),
                result.lanes(),
                result.threads(),
                format("%.1f", result.peak() / 1e9),
                format("%.1f", result.peakBefore() / 1e9),
                format("%.1f", result.peakAfter() / 1e9));
        table.lines().forEach(out::println);
        out.flush();
    }

    private static String format(String pattern, double value) {
        return String.format(Locale.ROOT, pattern, value);
    }
}
