package dev.sluice.cli.internal.study;

import dev.sluice.cli.internal.TrainingCost;
import dev.sluice.cli.internal.TrainingSession;
import dev.sluice.configs.EvaluationChoice;
import dev.sluice.configs.RunConfig;
import dev.sluice.configs.RunFiles;
import dev.sluice.configs.StudyConfig;
import dev.sluice.grpo.Evaluation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the runs of a study are going to take: their passes through the network, at the speed that this machine has now. A pass
 * that learns counts as three, for the way back costs about twice the way there.
 *
 * @param rows a row for each run
 */
public record StudyForecast(List<Row> rows) {
    /** Prompts of the test that the speed is measured by. */
    private static final int MEASURED_PROMPTS = 16;

    private static final double LEARNING = 3;

    /** The start of a process, and its first iteration, which is slower than the others. */
    private static final double START_SECONDS = 4;

    /**
     * A run.
     *
     * @param run the run
     * @param state how far it is
     * @param seconds that it has taken, if it is finished, or is going to take in all
     * @param left seconds of these that are still to come
     */
    public record Row(StudyConfig.Planned run, StudyFolder.State state, double seconds, double left) {}

    /**
     * Opens every run file once, which also finds what is wrong with its model or its prompts, and measures one short test.
     *
     * @param plan the study's runs
     * @throws IOException if a file cannot be read or does not fit the others
     */
    public static StudyForecast of(List<StudyConfig.Planned> plan, StudyFolder folder) throws IOException {
        Map<String, Double> taken = folder.seconds();
        Map<String, Double> passes = new LinkedHashMap<>();
        for (StudyConfig.Planned run : plan) {
            if (!passes.containsKey(run.title())) {
                try (TrainingSession session = TrainingSession.open(run.config())) {
                    passes.put(run.title(), passes(session));
                }
            }
        }
        double secondsPerPass = secondsPerPass(plan.get(0));
        List<Row> rows = new ArrayList<>();
        for (StudyConfig.Planned run : plan) {
            StudyFolder.State state = folder.state(run);
            double expected = START_SECONDS + secondsPerPass * passes.get(run.title());
            double spent = taken.getOrDefault(run.name(), 0.0);
            rows.add(
                    state == StudyFolder.State.FINISHED
                            ? new Row(run, state, spent, 0)
                            : new Row(run, state, expected, Math.max(0, expected - spent)));
        }
        return new StudyForecast(rows);
    }

    private static double passes(TrainingSession session) {
        RunConfig config = session.config();
        TrainingCost cost = TrainingCost.of(session);
        double iteration = cost.rolloutPasses() + LEARNING * cost.updatePasses() + cost.referencePasses();
        return config.iterations() * iteration + tests(config) * testPasses(session);
    }

    /** Returns how often a run is tested: before it, every few iterations, and after the last. */
    private static int tests(RunConfig config) {
        int every = config.evaluation().every();
        return every == 0 ? 2 : 1 + (config.iterations() + every - 1) / every;
    }

    private static double testPasses(TrainingSession session) {
        EvaluationChoice test = session.config().evaluation();
        int guided = session.passesOfAVelocity(session.config().testGuidance());
        return (double) session.testPrompts()
                * test.samplesPerPrompt()
                * guided
                * session.testSolver().evaluations(test.steps());
    }

    private static double secondsPerPass(StudyConfig.Planned run) throws IOException {
        List<String> settings = new ArrayList<>(run.settings());
        settings.add("evaluation.prompts=" + MEASURED_PROMPTS);
        try (TrainingSession session = TrainingSession.open(RunFiles.train(run.file(), settings))) {
            session.evaluate(Evaluation.Listener.NONE); // the first test is slower than the others
            long started = System.nanoTime();
            session.evaluate(Evaluation.Listener.NONE);
            return (System.nanoTime() - started) / 1e9 / testPasses(session);
        }
    }

    /** Returns the seconds of all runs. */
    public double total() {
        return rows.stream().mapToDouble(Row::seconds).sum();
    }

    /** Returns the seconds of the runs that are not finished. */
    public double left() {
        return rows.stream().mapToDouble(Row::left).sum();
    }
}
