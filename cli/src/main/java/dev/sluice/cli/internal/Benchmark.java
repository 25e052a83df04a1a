package dev.sluice.cli.internal;

import dev.sluice.configs.ObjectiveChoice;
import dev.sluice.configs.RunConfig;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.ModelWork;
import dev.sluice.flow.Trainable;
import dev.sluice.flow.tensor.MatrixPeak;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.grpo.IterationReport;
import dev.sluice.grpo.UpdateReport;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/** Runs iterations of a session and sets their time against the machine's matrix-product peak. */
public final class Benchmark {
    /** Rows and columns of the product whose rate is the peak. */
    private static final int PEAK_SIZE = 2048;

    private final RunConfig config;
    private final ModelWork work;
    /** Of the network, for one sample at one step. */
    private final int passes;

    private final List<IterationReport> reports = new ArrayList<>();

    private Benchmark(TrainingSession session) {
        this.config = session.config();
        this.passes = session.passesOfAVelocity();
        FlowPipeline pipeline = session.pipeline();
        int height = config.sampling().height().orElse(pipeline.sizes().defaultHeight());
        int width = config.sampling().width().orElse(pipeline.sizes().defaultWidth());
        int frames = config.sampling().frames().orElse(pipeline.sizes().defaultFrames());
        this.work = pipeline.sizes().work(frames, height, width, pipeline.usualTokens(), trained(session.trainable()));
    }

    /**
     * A phase of an iteration.
     *
     * @param name as in the metrics
     * @param seconds median over the iterations
     * @param work operations counted from the model's sizes; 0 if it is not of that kind
     * @param rate median of operations in a second
     */
    public record Phase(String name, double seconds, double work, double rate) {}

    /**
     * What was measured.
     *
     * @param iterations that were measured
     * @param lanes chunks that were worked on side by side
     * @param threads of one operator
     * @param peakBefore operations in a second, before the iterations
     * @param peakAfter operations in a second, after them
     * @param phases of an iteration, the whole one last
     */
    public record Result(
            int iterations, int lanes, int threads, double peakBefore, double peakAfter, List<Phase> phases) {
        /** Returns the better of the two peaks. */
        public double peak() {
            return Math.max(peakBefore, peakAfter);
        }
    }

    /** Measures, after one iteration that warms up. */
    public static Result run(TrainingSession session, int iterations, Progress progress) {
        Benchmark benchmark = new Benchmark(session);
        double before = peak(session);
        for (int i = 0; i <= iterations; i++) {
            IterationReport report = session.trainer()
                    .iterate((iteration, phase, done, total) ->
                            progress.phase("%s %s/%s".formatted(phase, done, total)));
            progress.done(i + 1L, "");
            if (i > 0) {
                benchmark.reports.add(report);
            }
        }
        return new Result(
                iterations, session.lanes().count(), Torch.threads(), before, peak(session), benchmark.phases());
    }

    /** All lanes multiply at the same time. */
    private static double peak(TrainingSession session) {
        double[] sum = {0};
        session.lanes()
                .run(
                        session.lanes().count(),
                        (lane, item) -> MatrixPeak.operationsPerSecond(
                                session.pipeline().manager(), PEAK_SIZE),
                        (item, rate) -> sum[0] += rate);
        return sum[0];
    }

    private static Predicate<String> trained(Trainable trainable) {
        if (trainable instanceof LoraAdapter adapter) {
            Set<String> layers = new HashSet<>(adapter.layers());
            return layers::contains;
        }
        return layer -> true;
    }

    private List<Phase> phases() {
        List<Phase> phases = new ArrayList<>();
        phases.add(phase("rollout", report -> report.seconds().get("rollout"), this::rolloutWork));
        for (String name : List.of("decode", "score", "wait")) {
            phases.add(phase(name, report -> report.seconds().get(name), report -> 0));
        }
        phases.add(phase("update", report -> report.seconds().get("update"), this::updateWork));
        phases.add(phase("total", IterationReport::totalSeconds, report -> rolloutWork(report) + updateWork(report)));
        return phases;
    }

    private Phase phase(
            String name, ToDoubleFunction<IterationReport> seconds, ToDoubleFunction<IterationReport> operations) {
        return new Phase(
                name,
                median(seconds),
                median(operations),
                median(report -> operations.applyAsDouble(report) / seconds.applyAsDouble(report)));
    }

    private double rolloutWork(IterationReport report) {
        return (double) report.samples() * config.sampling().steps() * passes * work.forward();
    }

    private double updateWork(IterationReport report) {
        double steps =
                report.updates().stream().mapToInt(UpdateReport::microSteps).sum();
        int stochastic = reports.get(0).trainedSteps().size();
        ObjectiveChoice.Passes all = config.objective().passes(config.batch(), config.updates(), stochastic);
        double frozen = work.forward() * all.frozen() / all.learned();
        return steps * config.batch().chunkSize() * passes * (work.total() + frozen);
    }

    private double median(ToDoubleFunction<IterationReport> value) {
        double[] sorted = reports.stream().mapToDouble(value).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
