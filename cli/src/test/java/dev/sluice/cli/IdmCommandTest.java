package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.flow.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdmCommandTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void runFile() throws IOException {
        file = folder.resolve("tiny.yaml");
        Files.writeString(file, """
                name: tiny
                output: "%s"
                architecture: {channels: 8, hidden: 8}
                training: {steps: 4, videos: 1}
                checkpoints: {every: 2}
                """.formatted(folder.toString().replace('\\', '/')));
    }

    @Test
    void aRunLeavesAModelAndAResumedOneTheSame() throws IOException {
        CommandLineRun.of("idm", "train", file).succeeded();
        Path run = folder.resolve("tiny");
        assertThat(run.resolve("model/config.json")).content().contains("\"channels\" : 8");
        assertThat(run.resolve("model/made_by.json")).content().contains("\"steps\" : 4", "idm train");
        byte[] weights = Files.readAllBytes(run.resolve("model/model.safetensors"));
        byte[] metrics = Files.readAllBytes(run.resolve("metrics.jsonl"));
        AtomicFiles.deleteAll(run.resolve("checkpoints/step-000004"));
        CommandLineRun.of("idm", "train", file, "--resume").succeeded();
        assertThat(run.resolve("model/model.safetensors")).hasBinaryContent(weights);
        assertThat(run.resolve("metrics.jsonl")).hasBinaryContent(metrics);
        CommandLineRun check = CommandLineRun.of("idm", "check", run.resolve("model"), "--triples", "3");
        assertThat(check.status()).as(check.err()).isIn(0, 1);
        assertThat(check.out()).contains("angles: mean error", "clean earns most:", "of 3 triples");
    }

    @Test
    void badInputIsOneSentence() {
        CommandLineRun missing = CommandLineRun.of("idm", "check", folder);
        assertThat(missing.status()).isEqualTo(2);
        assertThat(missing.err()).contains("expected a folder of an inverse dynamics model");
        CommandLineRun none = CommandLineRun.of("idm", "check", "--triples", "0");
        assertThat(none.status()).isEqualTo(2);
        assertThat(none.err()).contains("--triples (0) must be at least 1.");
        CommandLineRun unknown = CommandLineRun.of("idm", "train", file, "--set", "training.vidos=3");
        assertThat(unknown.status()).isEqualTo(2);
        assertThat(unknown.err()).contains("videos");
        assertThat(CommandLineRun.of("idm").status()).isEqualTo(2);
    }
}
