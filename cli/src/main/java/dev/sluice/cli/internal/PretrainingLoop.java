package dev.sluice.cli.internal;

import dev.sluice.cli.internal.report.RunReport;
import dev.sluice.cli.internal.report.TensorBoardWriter;
import dev.sluice.configs.Checkpoints;
import dev.sluice.flow.Learner;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Takes the updates of a network that learns from rendered pictures to the last and keeps its folder. Figures are means over a few
 * updates; what a clock says is in {@code timing.jsonl}, so that {@code metrics.jsonl} of a resumed run equals that of one that never stopped.
 */
public final class PretrainingLoop {
    /** Updates that a line of metrics is the mean of. */
    private static final int WINDOW = 20;

    private final Course course;
    private final RunFolder folder;
    private final Learner learner;
    private final Map<String, Object> madeBy;
    private final PrintWriter err;
    private final long started = System.nanoTime();

    /**
     * How far the updates go and what is kept of the way.
     *
     * @param steps updates in all
     * @param batch images, videos or windows of frames in an update
     * @param checkpoints when the state is kept
     */
    public record Course(long steps, int batch, Checkpoints checkpoints) {}

    /**
     * Creates the loop of a run.
     *
     * @param learner at its start or where a checkpoint left it
     * @param madeBy how the model is made, kept beside it
     */
    public PretrainingLoop(
            Course course, RunFolder folder, Learner learner, Map<String, Object> madeBy, PrintWriter err) {
        this.course = course;
        this.folder = folder;
        this.learner = learner;
        this.madeBy = madeBy;
        this.err = err;
    }

    /** Runs to the last update. */
    public void run() throws IOException {
        long first = learner.step();
        long steps = course.steps();
        Window window = new Window();
        try (JsonLines metrics = JsonLines.open(folder.metrics(), first == 0 ? -1 : first);
                JsonLines timings = JsonLines.open(folder.timing(), first == 0 ? -1 : first);
                TensorBoardWriter events = new TensorBoardWriter(folder.path(), first, Clock.systemUTC());
                Progress progress = Progress.start(err, first, steps)) {
            while (learner.step() < steps) {
                Learner.Progress update = learner.update();
                long step = update.step();
                window.add(update);
                boolean saved = step % course.checkpoints().every() == 0 || step == steps;
                if (saved || step % WINDOW == 0) {
                    Map<String, Double> means = window.means();
                    Map<String, Double> speed = window.speed(course.batch());
                    metrics.add(step, means);
                    timings.add(step, speed);
                    events.scalars(step, means);
                    events.scalars(step, speed);
                    progress.done(step, window.words());
                }
                if (saved) {
                    save();
                }
                if (saved || step % WINDOW == 0) {
                    window = new Window();
                }
            }
        }
        RunReport.write(folder.path());
    }

    private void save() throws IOException {
        Map<String, Object> words = new LinkedHashMap<>(madeBy);
        words.put("steps", learner.step());
        words.put("secondsOfLastProcess", (System.nanoTime() - started) / 1_000_000_000L);
        learner.export(folder.path().resolve("model"), words);
        folder.checkpoint(learner.step(), course.checkpoints().keep(), learner::checkpoint);
    }

    /** The means of a few updates; a checkpoint ends a window, so that a resumed run has the same windows. */
    private static final class Window {
        private final long started = System.nanoTime();
        private int count;
        private double loss;
        private double norm;
        private double rate;

        void add(Learner.Progress update) {
            count++;
            loss += update.loss();
            norm += update.gradientNorm();
            rate = update.learningRate();
        }

        Map<String, Double> means() {
            Map<String, Double> means = new LinkedHashMap<>();
            means.put("loss", loss / count);
            means.put("gradient_norm", norm / count);
            means.put("learning_rate", rate);
            return means;
        }

        Map<String, Double> speed(int batch) {
            double seconds = (System.nanoTime() - started) / 1e9;
            Map<String, Double> speed = new LinkedHashMap<>();
            speed.put("seconds.total", seconds);
            speed.put("images_per_second", count * batch / seconds);
            return speed;
        }

        String words() {
            return String.format(Locale.ROOT, "loss %.4f  gradient %.3f", loss / count, norm / count);
        }
    }
}
