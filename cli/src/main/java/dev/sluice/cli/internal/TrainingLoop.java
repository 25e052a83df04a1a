package dev.sluice.cli.internal;

import dev.sluice.cli.internal.report.HackingSigns;
import dev.sluice.cli.internal.report.RunReport;
import dev.sluice.cli.internal.report.TensorBoardWriter;
import dev.sluice.configs.AdapterChoice;
import dev.sluice.configs.EvaluationChoice;
import dev.sluice.configs.RunConfig;
import dev.sluice.flow.AdapterFolder;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.SafetensorsWriter;
import dev.sluice.grpo.CheckpointFolder;
import dev.sluice.grpo.GrpoTrainer;
import dev.sluice.grpo.Interval;
import dev.sluice.grpo.IterationReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Runs a session to its last iteration and keeps its folder.
 *
 * <p>Everything that belongs to an iteration is written before the checkpoint that follows it, and a resumed run cuts off what
 * is newer than its checkpoint; so {@code metrics.jsonl} and {@code evaluation.jsonl} of a run that was killed end up equal to
 * those of one that was not. What a clock or the memory says is in {@code timing.jsonl}.
 */
public final class TrainingLoop {
    private final TrainingSession session;
    private final RunConfig config;
    private final RunFolder folder;
    private final CheckpointFolder checkpoints;
    private final PrintWriter err;

    /** Creates the loop of a session. */
    public TrainingLoop(TrainingSession session, RunFolder folder, PrintWriter err) {
        this.session = session;
        this.config = session.config();
        this.folder = folder;
        this.checkpoints =
                new CheckpointFolder(folder.checkpoints(), config.checkpoints().keep());
        this.err = err;
    }

    /**
     * Runs.
     *
     * @param resume whether to continue from the newest checkpoint, if there is one
     * @return the folder of the averaged weights
     */
    public Path run(boolean resume) throws IOException {
        GrpoTrainer trainer = session.trainer();
        boolean restored =
                resume && checkpoints.restoreLatest(trainer, session.identity()).isPresent();
        long first = trainer.iteration();
        try (JsonLines metrics = JsonLines.open(folder.metrics(), first - 1);
                JsonLines timings = JsonLines.open(folder.timing(), first - 1);
                JsonLines evaluations = JsonLines.open(folder.evaluations(), restored ? first : -1);
                TensorBoardWriter events = new TensorBoardWriter(folder.path(), first, Clock.systemUTC());
                Progress progress = Progress.start(err, first, config.iterations())) {
            if (!restored) {
                evaluate(evaluations, events, progress);
            }
            boolean ended = false;
            while (!ended && trainer.iteration() < config.iterations()) {
                long passes = session.passes();
                IterationReport report = trainer.iterate(
                        (iteration, phase, done, total) -> progress.phase("%s %s/%s".formatted(phase, done, total)));
                Map<String, Double> all = new LinkedHashMap<>(report.metrics());
                all.put("samples", (double) report.samples());
                all.put("passes", (double) (session.passes() - passes));
                record(report, all, metrics, timings, events);
                progress.done(trainer.iteration(), figures(report));
                ended = finish(trainer.iteration(), evaluations, events, progress);
            }
        }
        Path weights = writeWeights();
        RunReport.write(folder.path());
        return weights;
    }

    /** Tests and saves where that is due, and returns whether a test ends the run. */
    private boolean finish(long done, JsonLines evaluations, TensorBoardWriter events, Progress progress)
            throws IOException {
        boolean last = done == config.iterations();
        int every = config.evaluation().every();
        boolean stopped = false;
        if (last || (every > 0 && done % every == 0)) {
            evaluate(evaluations, events, progress);
            stopped = hacked(progress);
        }
        if (last || stopped || done % config.checkpoints().every() == 0) {
            checkpoints.save(session.trainer(), session.identity());
        }
        return stopped;
    }

    /** Says what looks like a reward that is being hacked, and returns whether the run should end for it. */
    private boolean hacked(Progress progress) throws IOException {
        EvaluationChoice.Hacking choice = config.evaluation().hacking();
        if (choice == EvaluationChoice.Hacking.IGNORE) {
            return false;
        }
        HackingSigns signs = HackingSigns.read(folder.path());
        signs.all().forEach(sign -> progress.note("Is the reward being hacked? " + sign));
        boolean stopped =
                choice == EvaluationChoice.Hacking.STOP && !signs.apart().isEmpty();
        if (stopped) {
            progress.note("The run ends here, because evaluation.hacking is stop.");
        }
        return stopped;
    }

    private void record(
            IterationReport report,
            Map<String, Double> all,
            JsonLines metrics,
            JsonLines timings,
            TensorBoardWriter events)
            throws IOException {
        Map<String, Double> determined = new LinkedHashMap<>();
        Map<String, Double> measured = new LinkedHashMap<>();
        all.forEach((name, value) -> (measured(name) ? measured : determined).put(name, value));
        metrics.add(report.iteration(), determined);
        timings.add(report.iteration(), measured);
        events.scalars(report.iteration(), all);
        if (!report.skipped().reason().isEmpty()) {
            err.printf(
                    "Iteration %s skipped something: %s.%n",
                    report.iteration(), report.skipped().reason());
        }
    }

    private static boolean measured(String name) {
        return name.startsWith("seconds.") || name.startsWith("memory.") || name.equals("samples_per_second");
    }

    private static String figures(IterationReport report) {
        Map<String, Double> metrics = report.metrics();
        double kl = metrics.getOrDefault("kl", 0.0);
        String distance = kl == 0 ? "" : String.format(Locale.ROOT, "  kl %.1e", kl);
        double clipped = metrics.getOrDefault("clip.above", 0.0) + metrics.getOrDefault("clip.below", 0.0);
        return String.format(
                Locale.ROOT, "reward %.3f%s  clipped %.2f", report.rewards().mean(), distance, clipped);
    }

    private void evaluate(JsonLines evaluations, TensorBoardWriter events, Progress progress) throws IOException {
        long done = session.trainer().iteration();
        KeptPictures pictures = new KeptPictures(config.evaluation().pictures(), progress);
        MotionFigures motion = new MotionFigures();
        Looks looks = new Looks();
        Optional<Gallery> gallery = gallery(done);
        ModelEvaluator.Outcome outcome = session.evaluate(judged -> {
            motion.judged(judged);
            pictures.judged(judged);
            looks.judged(judged);
            gallery.ifPresent(suspects -> suspects.judged(judged));
        });
        pictures.write(folder.samples(done));
        Map<String, Object> proxy = gallery.map(Gallery::json).orElse(Map.of());
        if (gallery.isPresent()) {
            gallery.get().write(folder.gallery(done));
        }
        Map<String, Object> line = outcome.json();
        double distance = session.distance();
        line.put("distance", distance);
        if (!motion.json().isEmpty()) {
            line.put("motion", motion.json());
        }
        line.put("looks", looks.json());
        if (!proxy.isEmpty()) {
            line.put(Gallery.PROXY, proxy);
        }
        evaluations.add(done, line);
        Interval score = outcome.all().score();
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("test.score", score.mean());
        values.put("test.distance", distance);
        outcome.all().tasks().forEach((task, interval) -> values.put("test.task." + task, interval.mean()));
        outcome.unseen()
                .ifPresent(unseen -> values.put("test.unseen", unseen.score().mean()));
        outcome.diversity().ifPresent(mean -> values.put("test.diversity", mean));
        outcome.parts().forEach((judge, mean) -> values.put("test.part." + judge, mean));
        if (proxy.get(Gallery.GAP) instanceof Double gap) {
            values.put("test.gap", gap);
        }
        events.scalars(done, values);
        progress.note(String.format(
                Locale.ROOT,
                "test score after %d iterations: %.3f (%.3f to %.3f, %d samples)",
                done,
                score.mean(),
                score.low(),
                score.high(),
                score.count()));
    }

    /** The numbers of the test before training are read back, so that a resumed run has them as well. */
    private Optional<Gallery> gallery(long done) throws IOException {
        if (session.beside().isEmpty()) {
            return Optional.empty();
        }
        Optional<Gallery.Scale> before = Optional.empty();
        if (done > 0) {
            before = JsonLines.read(folder.evaluations()).stream()
                    .filter(line -> line.get("step") instanceof Number step && step.longValue() == 0)
                    .findFirst()
                    .flatMap(line -> Gallery.Scale.of(line.get(Gallery.PROXY)));
        }
        return Optional.of(new Gallery(session.beside().get()::proxy, before));
    }

    private Path writeWeights() throws IOException {
        if (config.adapter().kind() == AdapterChoice.Kind.LORA) {
            Path newest = checkpoints.latest().orElseThrow().resolve("ema");
            Path adapter = folder.path().resolve("adapter");
            AtomicFiles.folder(adapter, partial -> {
                copy(newest, partial);
                AdapterFolder.writeDiffusers(partial);
            });
            return adapter;
        }
        Path model = folder.path().resolve("model");
        session.trainer().withAverage(() -> {
            try {
                session.pipeline().save(model, SafetensorsWriter.Storage.FLOAT32);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return null;
        });
        return model;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> entries = Files.walk(from)) {
            for (Path entry : entries.toList()) {
                Path relative = from.relativize(entry);
                Path target = to.resolve(relative);
                if (Files.isDirectory(entry)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(entry, target);
                }
            }
        }
    }
}
