package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.internal.JsonLines;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import dev.sluice.video.MediaFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model of videos from their first frame, and in chunks, from its first update to an aligned adapter, tiny. */
class PictureVideoRunTest {
    private static final String PROMPT =
            "{\"prompt\": \"move to the top\", \"direction\": \"top\", \"image\": \"start.png\"}\n";

    @TempDir
    private Path folder;

    private Path pretrained() throws IOException {
        Path pretrain = folder.resolve("pretrain.yaml");
        Files.writeString(pretrain, """
                name: base
                output: "%s"
                world: arm
                threads: 1
                architecture:
                  {patchSize: 16, layers: 1, heads: 1, headSize: 12, textLayers: 1, textHeads: 1, textWidth: 8, maxTokens: 8, video: {frames: 16, patchFrames: 4, blockFrames: 8, picture: true}}
                training: {steps: 2, batch: 2, optimizer: {learningRate: 1.0e-2}, warmupSteps: 0}
                checkpoints: {every: 2}
                """.formatted(text(folder)));
        CommandLineRun.of("pretrain", pretrain).succeeded();
        byte[] rgb = new byte[3 * 32 * 32];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i / 5);
        }
        ImageFiles.write(Media.image(32, 32, rgb), folder.resolve("start.png"));
        ImageFiles.write(Media.image(32, 32, new byte[3 * 32 * 32]), folder.resolve("black.png"));
        Files.writeString(folder.resolve("prompts.jsonl"), PROMPT + PROMPT.replace("start.png", "black.png"));
        return folder.resolve("base/model");
    }

    private static String text(Path path) {
        return path.toString().replace('\\', '/');
    }

    private Path sample(Path model, String name, Object... more) {
        Path out = folder.resolve(name);
        Object[] common = {
            "sample",
            model,
            "--prompts",
            folder.resolve("prompts.jsonl"),
            "--steps",
            2,
            "--threads",
            1,
            "--video",
            "mkv",
            "--out",
            out
        };
        Object[] all = Arrays.copyOf(common, common.length + more.length);
        System.arraycopy(more, 0, all, common.length, more.length);
        CommandLineRun.of(all).succeeded();
        return out;
    }

    @Test
    void videosStartFromThePictureOfTheirPromptAndGoOnInChunks() throws IOException {
        Path model = pretrained();
        Path whole = sample(model, "whole", "--seeds", 3, "--guidance", 2);
        Media video = MediaFiles.read(whole.resolve("001-seed-3.mkv"));
        assertThat(List.of(video.frames(), video.height(), video.width())).isEqualTo(List.of(16, 32, 32));
        // Same words and seed, another picture.
        assertThat(MediaFiles.read(whole.resolve("002-seed-3.mkv")).rgb()).isNotEqualTo(video.rgb());
        assertThat(Files.readString(whole.resolve("prompts.jsonl")))
                .contains("\"direction\":\"top\"")
                .doesNotContain("image");
        Path chunks = sample(model, "chunks", "--seeds", "3,4", "--chunk", 8, "--frames", 37, "--batch", 3);
        Path longer = sample(model, "longer", "--seeds", "3,4", "--chunk", 8, "--frames", 44, "--batch", 3);
        Media shorter = MediaFiles.read(chunks.resolve("002-seed-4.mkv"));
        assertThat(shorter.frames()).isEqualTo(37);
        assertThat(shorter.framesPerSecond()).isEqualTo(16);
        assertThat(Arrays.copyOf(
                        MediaFiles.read(longer.resolve("002-seed-4.mkv")).rgb(), shorter.rgb().length))
                .isEqualTo(shorter.rgb());
        assertThat(MediaFiles.read(chunks.resolve("001-seed-4.mkv")).rgb()).isNotEqualTo(shorter.rgb());
        assertThat(chunks.resolve("contact-sheet.png")).exists();
        CommandLineRun.of("sample", model, "--prompt", "a", "--out", folder.resolve("no"))
                .refused("This model makes a video of a picture.");
        CommandLineRun.of("sample", model, "--prompt", "a", "--window", 8, "--out", folder.resolve("no"))
                .refused("mean nothing without --chunk");
        Object[] wrong = {
            "sample", model, "--prompts", folder.resolve("prompts.jsonl"), "--chunk", 4, "--out", folder.resolve("no")
        };
        CommandLineRun.of(wrong).refused("chunk (4) must be 8, the frames that this model makes at a time.");
        assertThat(folder.resolve("no")).doesNotExist();
    }

    @Test
    void aRunCarriesThePicturesFromTheRolloutToTheUpdate() throws IOException {
        Path model = pretrained();
        Path train = folder.resolve("train.yaml");
        Files.writeString(train, """
                name: aligned
                output: "%s"
                model: "%s"
                iterations: 2
                threads: 1
                lanes: 1
                prompts: {train: "arm-i2v:train", test: prompts.jsonl}
                rewards: [{name: arm, weight: 1}, {name: motion-smoothness, weight: 1}]
                batch: {prompts: 2, groupSize: 2, chunkSize: 4}
                sampling: {steps: 3, guidance: 2}
                exploration: {window: {size: 2, from: 0, to: 2}}
                adapter: {targets: [attn1.to_v]}
                evaluation:
                  {rewards: [{name: arm-strict, weight: 1}], every: 0, steps: 2, samplesPerPrompt: 1, chunkSize: 2, pictures: 2}
                """.formatted(text(folder), text(model)));
        CommandLineRun.of("train", train).succeeded();
        Path run = folder.resolve("aligned");
        List<Map<String, Object>> metrics = JsonLines.read(run.resolve("metrics.jsonl"));
        assertThat(metrics).hasSize(2);
        assertThat(metrics.get(0)).containsEntry("ratio.max_deviation_before_update", 0.0);
        assertThat(JsonLines.read(run.resolve("evaluation.jsonl"))).hasSize(2);
        Media one = ImageFiles.read(run.resolve("samples/step-000000/000.png"));
        Media other = ImageFiles.read(run.resolve("samples/step-000000/001.png"));
        assertThat(one.rgb()).isNotEqualTo(other.rgb());
        CommandLineRun.of("train", train, "--overwrite", "--set", "prompts.train=arm:train")
                .refused(" has no picture, but model (");
        CommandLineRun judged = CommandLineRun.of(
                        "evaluate",
                        model,
                        "--prompts",
                        folder.resolve("prompts.jsonl"),
                        "--reward",
                        "arm",
                        "--steps",
                        1,
                        "--threads",
                        1)
                .succeeded();
        assertThat(judged.out()).contains("all");
    }

    @Test
    void aPictureThatIsNotThereIsNamedWithItsLine() throws IOException {
        Path prompts = folder.resolve("prompts.jsonl");
        Files.writeString(prompts, PROMPT);
        CommandLineRun.of("sample", "--prompts", prompts, "--out", folder.resolve("no"))
                .refused("prompts.jsonl:1: ");
        Files.writeString(prompts, PROMPT.replace("\"start.png\"", "7"));
        CommandLineRun.of("sample", "--prompts", prompts, "--out", folder.resolve("no"))
                .refused("prompts.jsonl:1: the key image with the path of a picture is expected; found 7.");
    }
}
