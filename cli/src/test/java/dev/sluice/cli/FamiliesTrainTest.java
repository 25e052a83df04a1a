package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.internal.JsonLines;
import dev.sluice.flow.StoredAdapter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every family is aligned by the command that users call, and leaves an adapter that can be used. */
class FamiliesTrainTest {
    @TempDir
    private Path folder;

    /** One of a family, or one whose network is a file. */
    private Path model(String family) throws IOException {
        if (!family.equals("velocity")) {
            return TestModels.fixture(family + "-pipeline");
        }
        Path model = folder.resolve("velocity");
        return Files.exists(model) ? model : TestModels.velocity(model);
    }

    private Path runFile(String family, int frames, double guidance) throws IOException {
        Files.writeString(folder.resolve("prompts.txt"), "a red circle\na cat on a mat\n");
        return Files.writeString(folder.resolve("run.yaml"), """
                name: tiny
                output: "%s"
                model: "%s"
                threads: 1
                iterations: 2
                prompts: {train: prompts.txt, test: prompts.txt}
                rewards: [{name: compressibility, weight: 1}]
                adapter: {rank: 2, alpha: 4, targets: [attention]}
                batch: {prompts: 2, groupSize: 2, chunkSize: 2}
                sampling: {steps: 2, height: 32, width: 32, guidance: %s%s}
                updates: {optimiser: {learningRate: 1.0e-2}, ema: {decay: 0.5, interval: 1}}
                evaluation: {every: 0, steps: 2, pictures: 2, chunkSize: 2}
                checkpoints: {every: 1, keep: 1}
                """.formatted(
                        folder.resolve("runs"), model(family), guidance, frames == 1 ? "" : ", frames: " + frames));
    }

    @ParameterizedTest
    @CsvSource({
        "flux, FluxTransformer2DModel, 1, 8",
        "wan, WanTransformer3DModel, 5, 16",
        "sd3, SD3Transformer2DModel, 1, 16",
        "velocity, auto_mapping, 1, 16"
    })
    void twoIterationsMoveAnAdapterThatSamplingTakes(String family, String network, int frames, int passes)
            throws IOException {
        Path run = runFile(family, frames, 3.5);
        // FLUX is told its guidance in one pass; the others ask twice: 4 samples of 2 steps.
        assertThat(CommandLineRun.of("train", run, "--dry-run").succeeded().out())
                .contains("iteration: " + passes + " forward to sample");
        CommandLineRun.of("train", run).succeeded();
        Path tiny = folder.resolve("runs/tiny");
        assertThat(JsonLines.read(tiny.resolve("metrics.jsonl")))
                .hasSize(2)
                .allSatisfy(line ->
                        assertThat(((Number) line.get("passes")).intValue()).isGreaterThanOrEqualTo(passes));
        Path adapter = tiny.resolve("adapter");
        assertThat(Files.readString(adapter.resolve("adapter_config.json"))).contains("\"" + network + "\"");
        try (StoredAdapter stored = StoredAdapter.open(adapter);
                StoredAdapter diffusers = StoredAdapter.open(adapter.resolve(StoredAdapter.DIFFUSERS))) {
            stored.requireFits(model(family));
            assertThat(diffusers.layers()).isEqualTo(stored.layers());
            assertThat(diffusers.options()).isEqualTo(stored.options());
        }
        int[] none = sampled(family, frames);
        int[] once = sampled(family, frames, "--adapter", adapter + ":20");
        int[] twice = sampled(family, frames, "--adapter", adapter + ":10", "--adapter", adapter + ":10");
        assertThat(once).isNotEqualTo(none);
        // W + 10·BA + 10·BA and W + 20·BA differ by a rounding of the weights, which may tip a colour over to its
        // neighbour.
        assertThat(mostApart(twice, once)).isLessThanOrEqualTo(1);
        assertThat(mostApart(twice, none)).isGreaterThan(1);
        assertThat(tiny.resolve("samples/step-000002/000.png")).exists();
    }

    @Test
    void whatMeansNothingToAModelIsRefused() throws IOException {
        CommandLineRun.of("train", runFile("flux", 1, 3.5), "--set", "sampling.negativePrompt=blurry")
                .refused("sampling.negativePrompt (blurry) must be left out, because model (");
        CommandLineRun.of("train", runFile("wan", 5, 3.5), "--set", "sampling.maxTokens=600")
                .refused("The number of tokens of a prompt (600) must be at most 512");
        CommandLineRun.of("train", runFile("velocity", 1, 1), "--set", "memory.segments=2")
                .refused(
                        "segments (2) must be 0 for a model that is given as a file, because its blocks are not known.");
        assertThat(folder.resolve("runs")).doesNotExist();
    }

    private static int mostApart(int[] one, int[] other) {
        assertThat(one).hasSameSizeAs(other);
        return IntStream.range(0, one.length)
                .map(i -> Math.abs(one[i] - other[i]))
                .max()
                .orElseThrow();
    }

    /** Returns the colours of a picture, or of a frame of a video, each in 0..255. */
    private int[] sampled(String family, int frames, String... more) throws IOException {
        Path out = folder.resolve("out");
        Object[] words = new Object[13 + more.length];
        Object[] first = {
            "sample",
            model(family),
            "--prompt=a star",
            "--seeds=1",
            "--steps=2",
            "--height=32",
            "--width=32",
            "--frames=" + frames,
            "--video=png",
            "--overwrite",
            "--out=" + out,
            "--threads=1",
            "--batch=1"
        };
        System.arraycopy(first, 0, words, 0, 13);
        System.arraycopy(more, 0, words, 13, more.length);
        CommandLineRun.of(words).succeeded();
        BufferedImage picture = ImageIO.read(out.resolve(frames == 1 ? "001-seed-1.png" : "001-seed-1/frame-002.png")
                .toFile());
        return picture.getRaster().getPixels(0, 0, picture.getWidth(), picture.getHeight(), (int[]) null);
    }
}
