package dev.sluice.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Folders as runs leave them, without a run.
 *
 * @param folder of the runs
 * @param iterations of a finished run
 * @param every iterations between two tests
 */
record WrittenRuns(Path folder, int iterations, int every) {
    /**
     * Writes a run whose test score goes in a straight line.
     *
     * @param name its folder's name
     * @param seed its seed, which its score is higher by in hundredths
     * @param gain what its score gains in an iteration, from 0.5 on
     * @param clipRange an option that sets it apart from others
     */
    Path run(String name, int seed, double gain, String clipRange) throws IOException {
        return run(name, seed, gain, clipRange, iterations);
    }

    /** Writes a run that has not got further than {@code done} iterations. */
    Path run(String name, int seed, double gain, String clipRange, int done) throws IOException {
        Path run = Files.createDirectories(folder.resolve(name));
        StringBuilder metrics = new StringBuilder();
        StringBuilder timings = new StringBuilder();
        StringBuilder tests = new StringBuilder();
        for (int i = 0; i <= done; i++) {
            if (i % every == 0) {
                double score = 0.5 + gain * i + 0.01 * seed;
                tests.append(line(
                        "{\"step\":%s,\"score\":%.6f,\"low\":%.6f,\"high\":%.6f,\"unseen\":{\"score\":%.6f},\"diversity\":%.6f}%n",
                        i, score, score - 0.1, score + 0.1, score - 0.2, 0.25 - 0.001 * i));
            }
            if (i < done) {
                metrics.append(line(
                        "{\"step\":%s,\"reward.mean\":%.6f,\"reward.group_std\":0.2,\"kl\":0.0,\"approximate_kl\":%.8f,"
                                + "\"clip.above\":0.125,\"clip.below\":0.25,\"updates\":2.0,\"samples\":96.0,\"passes\":1000.0}%n",
                        i, 0.4 + 2 * gain * i, 1e-6 * (i + 1)));
                timings.append(line("{\"step\":%s,\"seconds.total\":%s}%n", i, 2.5));
            }
        }
        Files.writeString(run.resolve("metrics.jsonl"), metrics);
        Files.writeString(run.resolve("timing.jsonl"), timings);
        Files.writeString(run.resolve("evaluation.jsonl"), tests);
        Files.writeString(run.resolve("config.yaml"), """
                name: %s
                seed: %s
                iterations: %s
                prompts: {train: scenes:train, test: scenes:test}
                rewards: [{name: scenes, weight: 1.0}]
                objective: {clipRange: %s}
                evaluation: {rewards: [], prompts: 6, samplesPerPrompt: 4, firstSeed: 1000000}
                """.formatted(name, seed, iterations, clipRange));
        return run;
    }

    private static String line(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
