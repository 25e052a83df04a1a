package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
    @TempDir
    private Path folder;

    @Test
    void theTableHasEveryPhaseWithItsShareOfThePeakAndNoFileIsWritten() throws IOException {
        TestModels.scenes(folder.resolve("model"));
        Path runFile = TrainCommandTest.runFile(folder, "model");
        List<Path> before = files();
        CommandLineRun bench =
                CommandLineRun.of("bench", runFile, "--iterations", "1").succeeded();
        assertThat(bench.out())
                .contains("Medians of 1 iterations, 1 lanes of 1 threads; peak ")
                .containsPattern("rollout +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9]+%")
                .containsPattern("update +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9]+%")
                .contains("decode", "score", "wait", "total");
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void noIterationsIsBadInput() throws IOException {
        TestModels.scenes(folder.resolve("model"));
        Path runFile = TrainCommandTest.runFile(folder, "model");
        CommandLineRun bench = CommandLineRun.of("bench", runFile, "--iterations", "0");
        assertThat(bench.status()).isEqualTo(2);
        assertThat(bench.err()).contains("--iterations (0) must be at least 1.");
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.sorted().toList();
        }
    }
}
