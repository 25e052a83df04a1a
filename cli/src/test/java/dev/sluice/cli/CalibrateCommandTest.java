package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CalibrateCommandTest {
    @TempDir
    Path folder;

    @Test
    void whatItPrintsIsARunFilesNoise() throws IOException {
        TestModels.scenes(folder.resolve("model"));
        Path file = TrainCommandTest.runFile(folder, "model");
        CommandLineRun run = CommandLineRun.of("calibrate", file, "--samples", 4, "--rounds", 2, "--move", 0.1)
                .succeeded();
        assertThat(run.out()).contains("# after 2 rounds of 4 samples").containsPattern("diffusions: \\[\\d");
        assertThat(run.err()).contains("2/2");
        assertThat(folder.resolve("runs")).doesNotExist();
        Path table = Files.writeString(folder.resolve("table.yaml"), "base: small.yaml\n" + run.out());
        assertThat(CommandLineRun.of("train", table, "--dry-run").succeeded().out())
                .contains("rule: table", "diffusions:");
        CommandLineRun.of("calibrate", file, "--samples", 5).refused("samples (5) must be even");
        CommandLineRun.of("calibrate", file, "--rounds", 0).refused("rounds (0) must be at least 1");
        CommandLineRun.of("calibrate", file, "--move", -1).refused("move (-1.0) must be");
    }
}
