package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A run whose process is killed (SIGKILL) at random moments and resumed each time equals one that was never stopped. By hand,
 * with more kills: {@code mvn -pl cli -am test -Dtest=KilledRunTest -Dsurefire.failIfNoSpecifiedTests=false -Dsluice.kills=5}; {@code -Dsluice.kills.all=true}
 * takes every objective that has something to remember.
 */
class KilledRunTest {
    private static final int KILLS = Integer.getInteger("sluice.kills", 1);
    private static final long SEED = Long.getLong("sluice.kills.seed", 11);
    private static final boolean ALL = Boolean.getBoolean("sluice.kills.all");
    private static final int ITERATIONS = 8 + 16 * KILLS;
    private static final List<String> DETERMINED =
            List.of("metrics.jsonl", "evaluation.jsonl", "adapter/adapter_model.safetensors");

    @TempDir
    Path folder;

    /** What has something to remember beside the policy: nothing, a copy, a critic of scores, a critic of latents, noise. */
    static Stream<String> objectives() {
        Stream<String> quick = Stream.of("", "objective: {type: re-dmd, guidance: 1, criticLearningRate: 1.0e-2}");
        Stream<String> others = Stream.of(
                "objective: {type: awm}",
                "objective: {type: dpo}",
                "objective: {type: ac-flow}\ncritic: {width: 8, updates: 2, warmUp: 2, learningRate: 1.0e-2}",
                "learned");
        return ALL ? Stream.concat(quick, others) : quick;
    }

    private static String runFile(String objective) {
        if (objective.isEmpty()) {
            return "";
        }
        return objective.equals("learned")
                ? "exploration: {learned: {least: 0.1, most: 5, learningRate: 0.1, entropy: 0.01}}\n"
                : "exploration: {rule: ode}\n" + objective + "\n";
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void aRunThatIsKilledAndResumedEqualsOneThatWasNot(String objective) throws IOException, InterruptedException {
        TestModels.scenes(folder.resolve("model"));
        Path plain = TrainCommandTest.runFile(folder, "model");
        Path file = Files.writeString(plain, Files.readString(plain) + runFile(objective));
        Path runs = folder.resolve("runs");
        CommandLineRun.of("train", file, "--set", "name=straight", "--set", "iterations=" + ITERATIONS)
                .succeeded();
        SplittableRandom random = new SplittableRandom(SEED);
        List<String> moments = new ArrayList<>();
        for (int kill = 0; kill < KILLS; kill++) {
            moments.add(killed(file, runs.resolve("killed/metrics.jsonl"), kill, random));
        }
        CommandLineRun.of("train", file, "--resume", "--set", "name=killed", "--set", "iterations=" + ITERATIONS)
                .succeeded();
        for (String name : DETERMINED) {
            assertThat(runs.resolve("killed").resolve(name))
                    .as("%s, killed %s (seed %s)", name, moments, SEED)
                    .hasSameBinaryContentAs(runs.resolve("straight").resolve(name));
        }
    }

    /** Starts or resumes the run in a process of its own, and kills that some time after it has done an iteration more. */
    private String killed(Path file, Path metrics, int kill, SplittableRandom random)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(
                List.of("train", file.toString(), "--set", "name=killed", "--set", "iterations=" + ITERATIONS));
        if (kill > 0) {
            words.add("--resume");
        }
        return KilledProcess.run(List.of(), words, metrics, 400, random, folder.resolve("kill-%s.log".formatted(kill)));
    }
}
