package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.video.ImageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A model whose network is an ONNX file is sampled and judged by the commands that users call, and not trained. */
class OnnxModelTest {
    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void model() throws IOException {
        model = TestModels.onnx(folder.resolve("model"));
        Files.writeString(folder.resolve("prompts.txt"), "a red circle\ntwo stars\n");
    }

    private byte[] sampled(Path from, String name) throws IOException {
        Path out = folder.resolve(name);
        CommandLineRun.of("sample", from, "--prompt", "two stars", "--seeds", 3, "--steps", 2, "--out", out)
                .succeeded();
        assertThat(ImageFiles.read(out.resolve("001-seed-3.png")).width()).isEqualTo(32);
        return ImageFiles.read(out.resolve("001-seed-3.png")).rgb();
    }

    @Test
    void itMakesThePicturesOfTheScriptThatItWasMadeBeside() throws IOException {
        byte[] onnx = sampled(model, "onnx");
        byte[] script = sampled(TestModels.velocity(folder.resolve("script-model")), "script");
        int most = 0;
        for (int i = 0; i < onnx.length; i++) {
            most = Math.max(most, Math.abs((onnx[i] & 0xFF) - (script[i] & 0xFF)));
        }
        assertThat(most).isLessThanOrEqualTo(1);
    }

    @Test
    void itIsJudged() throws IOException {
        Path json = folder.resolve("scores.json");
        CommandLineRun run = CommandLineRun.of(
                        "evaluate",
                        model,
                        "--prompts",
                        folder.resolve("prompts.txt"),
                        "--reward",
                        "compressibility",
                        "--steps",
                        2,
                        "--json",
                        json)
                .succeeded();
        JsonNode scores = new JsonMapper().readTree(Files.readAllBytes(json));
        assertThat(scores.path("tasks").path("all").path("count").intValue()).isEqualTo(2);
        assertThat(scores.path("invalid").intValue()).isZero();
        assertThat(run.out()).contains("2 steps of euler, guidance 1");
    }

    @Test
    void trainingItIsRefusedWithTheReason() throws IOException {
        Path run = Files.writeString(folder.resolve("run.yaml"), """
            name: tiny
            output: "%s"
            model: "%s"
            prompts: {train: prompts.txt, test: prompts.txt}
            rewards: [{name: compressibility, weight: 1}]
            adapter: {targets: [attention]}
            batch: {prompts: 2, groupSize: 2, chunkSize: 2}
            """.formatted(folder.resolve("runs"), model));
        CommandLineRun.of("train", run)
                .refused("model (%s) is an ONNX file, which can be sampled and judged but not trained."
                        .formatted(model));
        CommandLineRun.of("sample", model, "--prompt", "a", "--precision", "bfloat16", "--out", folder.resolve("o"))
                .refused("precision (BFLOAT16) must be float32 for a model that is given as a file");
        assertThat(folder.resolve("runs")).doesNotExist();
        assertThat(folder.resolve("o")).doesNotExist();
    }
}
