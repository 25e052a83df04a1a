package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.internal.JsonLines;
import dev.sluice.flow.AtomicFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
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
    void aRunLeavesItsFiguresAndAReportAlsoWhenItIsResumed() throws IOException {
        CommandLineRun.of("pretrain", file).succeeded();
        Path run = folder.resolve("tiny");
        List<Map<String, Object>> metrics = JsonLines.read(run.resolve("metrics.jsonl"));
        assertThat(metrics).extracting(line -> line.get("step")).containsExactly(20, 40);
        assertThat(metrics)
                .allSatisfy(
                        line -> assertThat(line).containsOnlyKeys("step", "loss", "gradient_norm", "learning_rate"));
        assertThat(JsonLines.read(run.resolve("timing.jsonl")))
                .hasSize(2)
                .allSatisfy(line -> assertThat((Double) line.get("images_per_second"))
                        .isEqualTo(40 / (Double) line.get("seconds.total"), Offset.offset(1e-6)));
        assertThat(run.resolve("report.html"))
                .content()
                .contains("<h2>Loss</h2>", "<h2>Gradient norm</h2>", "<h2>Learning rate</h2>", "40 updates in")
                .doesNotContain("<h2>Score</h2>", "KL");
        assertThat(events(run)).contains("loss", "gradient_norm", "learning_rate", "images_per_second");
        byte[] all = Files.readAllBytes(run.resolve("metrics.jsonl"));
        AtomicFiles.deleteAll(run.resolve("checkpoints/step-000040"));
        CommandLineRun.of("pretrain", file, "--resume").succeeded();
        assertThat(run.resolve("metrics.jsonl")).hasBinaryContent(all);
        assertThat(JsonLines.read(run.resolve("timing.jsonl"))).hasSize(2);
    }

    private static String events(Path run) throws IOException {
        try (Stream<Path> files = Files.list(run)) {
            Path events = files.filter(path -> path.getFileName().toString().startsWith("events.out.tfevents."))
                    .findFirst()
                    .orElseThrow();
            return Files.readString(events, StandardCharsets.ISO_8859_1);
        }
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
