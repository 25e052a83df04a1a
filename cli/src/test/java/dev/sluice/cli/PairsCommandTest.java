package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.internal.JsonLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PairsCommandTest {
    @TempDir
    Path folder;

    @Test
    void whatItMakesIsLearnedFrom() throws IOException {
        TestModels.scenes(folder.resolve("model"));
        Path file = TrainCommandTest.runFile(folder, "model");
        Path out = folder.resolve("pairs");
        CommandLineRun run =
                CommandLineRun.of("pairs", file, "--rounds", 2, "--out", out).succeeded();
        assertThat(run.out()).contains("pairs of 16 samples are in");
        Path list = out.resolve("pairs.jsonl");
        List<Map<String, Object>> lines = JsonLines.read(list);
        assertThat(lines).hasSizeBetween(1, 4).allSatisfy(line -> {
            assertThat(out.resolve(line.get("preferred").toString())).exists();
            assertThat(out.resolve(line.get("rejected").toString())).exists();
            List<?> scores = (List<?>) line.get("scores");
            assertThat(((Number) scores.get(0)).doubleValue()).isGreaterThan(((Number) scores.get(1)).doubleValue());
        });
        CommandLineRun.of("pairs", file, "--out", out).refused("is not empty");

        Path learning = Files.writeString(folder.resolve("offline.yaml"), """
                base: small.yaml
                name: offline
                iterations: 2
                prompts: {train: pairs/pairs.jsonl}
                batch: {prompts: 2, groupSize: 2, chunkSize: 4}
                exploration: {rule: stored}
                objective: {type: dpo, beta: 100, copy: null}
                updates: {perIteration: 1}
                """);
        CommandLineRun.of("train", learning).succeeded();
        List<Map<String, Object>> metrics = JsonLines.read(folder.resolve("runs/offline/metrics.jsonl"));
        assertThat(metrics).hasSize(2);
        assertThat((double) metrics.get(0).get("loss")).isBetween(0.693, 0.6933);
        assertThat(metrics.get(0)).containsEntry("updates", 1.0).containsEntry("reward.mean", 0.5);

        CommandLineRun.of("train", learning, "--overwrite", "--set", "objective.copy={type: every, updates: 3}")
                .refused("copy must go with stored pairs");
        String good = Files.readString(list);
        Files.writeString(list, good.replaceFirst("\"rejected\":\"[^\"]*\"", "\"rejected\":\"none.png\""));
        CommandLineRun.of("train", learning, "--overwrite").refused("pairs.jsonl:1: the rejected picture");
        Files.writeString(list, good.replaceFirst("\"preferred\"", "\"liked\""));
        CommandLineRun.of("train", learning, "--overwrite").refused("pairs.jsonl:1: the key preferred");
    }
}
