package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.internal.JsonLines;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import dev.sluice.video.MediaFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model of videos from its first update to an aligned adapter, tiny. */
class VideoRunTest {
    @TempDir
    private Path folder;

    @Test
    void aModelOfVideosIsPretrainedSampledAndAligned() throws IOException {
        String output = folder.toString().replace('\\', '/');
        Path pretrain = folder.resolve("pretrain.yaml");
        Files.writeString(pretrain, """
                name: base
                output: "%s"
                world: arm
                threads: 1
                architecture:
                  {patchSize: 16, layers: 1, heads: 1, headSize: 12, textLayers: 1, textHeads: 1, textWidth: 8, maxTokens: 8, video: {frames: 16, patchFrames: 8}}
                training: {steps: 2, batch: 2}
                checkpoints: {every: 2}
                """.formatted(output));
        CommandLineRun.of("pretrain", pretrain).succeeded();
        Path model = folder.resolve("base/model");
        CommandLineRun.of(
                        "sample",
                        model,
                        "--prompt",
                        "move to the top",
                        "--seeds",
                        "3",
                        "--steps",
                        "2",
                        "--video",
                        "mkv",
                        "--out",
                        folder.resolve("s"))
                .succeeded();
        Media video = MediaFiles.read(folder.resolve("s/001-seed-3.mkv"));
        assertThat(List.of(video.frames(), video.height(), video.width())).isEqualTo(List.of(16, 32, 32));
        Path train = folder.resolve("train.yaml");
        Files.writeString(train, """
                name: aligned
                output: "%s"
                model: "%s"
                iterations: 1
                threads: 1
                lanes: 1
                prompts: {train: "arm:train", test: "arm:test"}
                rewards: [{name: arm, weight: 1}]
                batch: {prompts: 1, groupSize: 2, chunkSize: 2}
                sampling: {steps: 3, guidance: 1}
                exploration: {window: {size: 1, from: 0, to: 2}}
                adapter: {targets: [attn1.to_v]}
                evaluation:
                  {rewards: [{name: arm-strict, weight: 1}, {name: arm, weight: 0, options: {mode: visual}}], every: 0, steps: 2, prompts: 2, samplesPerPrompt: 1, chunkSize: 2, pictures: 1}
                """.formatted(output, model.toString().replace('\\', '/')));
        CommandLineRun.of("train", train).succeeded();
        Path run = folder.resolve("aligned");
        List<Map<String, Object>> tests = JsonLines.read(run.resolve("evaluation.jsonl"));
        assertThat(tests).hasSize(2).allSatisfy(line -> assertThat(line).containsKeys("score", "parts", "motion"));
        assertThat((Map<?, ?>) tests.get(0).get("motion")).hasSize(6);
        Media strip = ImageFiles.read(run.resolve("samples/step-000000/000.png"));
        assertThat(strip.width()).isEqualTo(16 * 32);
        assertThat(strip.height()).isEqualTo(32);
        assertThat(run.resolve("report.html")).content().contains("class='film ", "Jerk of the joints");
    }
}
