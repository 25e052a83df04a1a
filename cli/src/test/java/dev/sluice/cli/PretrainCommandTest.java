package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainCommandTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void runFile() throws IOException {
        file = folder.resolve("tiny.yaml");
        Files.writeString(file, """
                name: tiny
                output: "%s"
                threads: 1
                architecture: {patchSize: 16, layers: 1, heads: 1, headSize: 8, textLayers: 1, textHeads: 1, textWidth: 8}
                training: {steps: 40, batch: 2}
                checkpoints: {every: 20}
                """.formatted(folder.toString().replace('\\', '/')));
    }

    @Test
    void aLossThatIsNotFiniteEndsItWithOneSentence() {
        CommandLineRun run = CommandLineRun.of("pretrain", file, "--set", "training.optimizer.learningRate=1e30");
        assertThat(run.status()).as(run.err()).isEqualTo(1);
        assertThat(run.err())
                .containsPattern(
                        "sluice: The loss \\(.*\\) and the gradient's norm \\(.*\\) of update \\d+ must be finite\\.")
                .doesNotContain("This should not have happened", "checkpoint is in");
        assertThat(folder.resolve("tiny/model")).doesNotExist();
    }
}
