package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelCommandTest {
    private static final Path SD3 = TestModels.fixture("sd3-transformer");
    private static final Path GOLDEN = SD3.resolve("golden.safetensors");

    @TempDir
    private Path folder;

    @Test
    void inspectNamesEveryComponentWithItsSize() {
        CommandLineRun run = CommandLineRun.of("model", "inspect", TestModels.fixture("sd3-pipeline"))
                .succeeded();
        assertThat(run.out().lines().findFirst().orElseThrow())
                .startsWith("StableDiffusion3Pipeline in ")
                .endsWith("sd3-pipeline");
        assertThat(run.out().lines())
                .anyMatch(line ->
                        line.matches("transformer +SD3Transformer2DModel +[\\d,]+ +F32 +0\\.\\d MB +0\\.\\d MB"))
                .anyMatch(line -> line.matches("text_encoder_3 +T5EncoderModel .*"))
                .anyMatch(line -> line.matches("scheduler +FlowMatchEulerDiscreteScheduler"))
                .anyMatch(line -> line.matches("all +[\\d,]+ .*"));
    }

    @Test
    void inspectTellsOfAComponentThatCannotBeUsed() throws IOException {
        Path model = TestModels.copy(TestModels.fixture("sd3-pipeline"), folder.resolve("model"));
        Path config = model.resolve("vae/config.json");
        Files.writeString(config, Files.readString(config).replace("AutoencoderKL", "AutoencoderDC"));
        CommandLineRun run = CommandLineRun.of("model", "inspect", model);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).contains("vae cannot be used: ").contains("AutoencoderDC");
    }

    @Test
    void verifyAgreesWithTheReferenceAndSaysHowWell() {
        CommandLineRun run = CommandLineRun.of("model", "verify", SD3.resolve("transformer"), "--golden", GOLDEN)
                .succeeded();
        assertThat(run.out())
                .contains("0 beyond the tolerance of 1.0e-04")
                .containsPattern("\\.out +\\d\\.\\de-\\d\\d");
    }

    @Test
    void verifyFailsBeyondTheTolerance() {
        CommandLineRun run = CommandLineRun.of(
                "model", "verify", SD3.resolve("transformer"), "--golden", GOLDEN, "--tolerance", "1e-12");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).contains("beyond 1.0e-12");
    }

    @Test
    void verifySaysWhatItCouldNotComputeAndDoesNotCallThatAgreement() {
        Path vae = TestModels.fixture("sd3-pipeline").resolve("vae");
        CommandLineRun run = CommandLineRun.of("model", "verify", vae, "--golden", GOLDEN);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).contains("not computed: ").contains("\n0 of ");
    }

    @ParameterizedTest
    @CsvSource({"sd3-pipeline, 1e-4", "flux-pipeline, 1e-4", "wan-pipeline, 1e-3"})
    void verifyRunsWholePipelinesOfEveryFamily(String name, String tolerance) {
        Path model = TestModels.fixture(name);
        CommandLineRun run = CommandLineRun.of(
                        "model",
                        "verify",
                        model,
                        "--golden",
                        model.resolve("golden.safetensors"),
                        "--tolerance",
                        tolerance)
                .succeeded();
        assertThat(run.out().lines())
                .anyMatch(line -> line.matches("image +\\d\\.\\de-\\d\\d +\\d\\.\\de-\\d\\d *"))
                .anyMatch(line -> line.matches("latents\\.final +\\d\\.\\de-\\d\\d +\\d\\.\\de-\\d\\d *"));
        assertThat(run.out()).contains(" 0 beyond the tolerance of ");
    }

    private static void assertParts(CommandLineRun run, String... parts) {
        for (String part : parts) {
            assertThat(run.out().lines())
                    .as(run.out())
                    .anyMatch(line -> line.matches(
                            part + " +\\d+\\.\\d\\d +\\d+\\.\\d\\d +\\d+\\.\\d\\d GiB +\\d+\\.\\d\\d GiB"));
        }
    }

    @ParameterizedTest
    @CsvSource({"sd3-pipeline", "wan-pipeline"})
    void benchPrintsItsParts(String name) {
        CommandLineRun run = CommandLineRun.of(
                        "model",
                        "bench",
                        TestModels.fixture(name),
                        "--height",
                        32,
                        "--width",
                        48,
                        "--train",
                        "--segments",
                        2,
                        "--threads",
                        1)
                .succeeded();
        assertParts(
                run,
                "open the transformer's weights, 0\\.\\d\\d GB",
                "open the model, encode the prompt",
                "sample one step",
                "decode",
                "make a LoRA adapter",
                "learn: forward and back",
                "learn: the optimiser's step");
        CommandLineRun.of("model", "bench", TestModels.fixture(name), "--height", 30)
                .refused("height (30) must be a multiple of 16");
    }

    @Test
    void aRandomModelOfAPublishedFamilyCanBeBenched() {
        Path model = folder.resolve("random");
        CommandLineRun made = CommandLineRun.of(
                        "model",
                        "random",
                        "--family",
                        "sd3.5-medium",
                        "--blocks",
                        1,
                        "--text-blocks",
                        1,
                        "--without",
                        "text_encoder_3",
                        "--out",
                        model)
                .succeeded();
        assertThat(made.out()).matches(".*random: \\d\\.\\d\\d GB of weights in \\d+ s\\.\\n");
        CommandLineRun run = CommandLineRun.of("model", "bench", model, "--height", 64, "--width", 64)
                .succeeded();
        assertParts(
                run,
                "open the transformer's weights, 0\\.\\d\\d GB",
                "open the model, encode the prompt",
                "sample one step",
                "decode");
        assertThat(run.out()).doesNotContain("learn");
    }

    @Test
    void listNamesModelsAndAdaptersAndFamilies() throws IOException {
        TestModels.copy(
                TestModels.fixture("wan-pipeline"),
                Files.createDirectories(folder.resolve("a")).resolve("wan"));
        TestModels.copy(TestModels.fixture("adapters/wan-dora/diffusers"), folder.resolve("style"));
        CommandLineRun run = CommandLineRun.of("model", "list", folder).succeeded();
        assertThat(run.out().lines())
                .anyMatch(line -> line.matches(".*/a/wan +WanPipeline +[\\d,]+ +0\\.\\d MB"))
                .anyMatch(line -> line.matches(".*/style +DoRA adapter of 6 layers, rank 3 +[\\d,]+ +0\\.\\d MB"))
                .anyMatch(line -> line.matches("FluxPipeline +FLUX.1 dev and schnell +text to image"));
        assertThat(CommandLineRun.of("model", "list", folder, "--depth", 1)
                        .succeeded()
                        .out())
                .doesNotContain("/a/wan");
        CommandLineRun.of("model", "list", folder.resolve("none")).refused("none is not there; expected a folder");
        CommandLineRun.of("model", "list", "--depth", -1).refused("--depth (-1) must be from 0 to 100");
    }

    @Test
    void convertWritesAModelThatSamplingTakes() throws IOException {
        Path model = TestModels.fixture("flux-pipeline");
        Path out = folder.resolve("half");
        CommandLineRun run = CommandLineRun.of(
                        "model",
                        "convert",
                        model,
                        "--out",
                        out,
                        "--type",
                        "bfloat16",
                        "--shard-size",
                        "10KB",
                        "--adapter",
                        TestModels.fixture("adapters/flux/peft") + ":2")
                .succeeded();
        assertThat(run.out()).matches("\\d+ tensors, 0\\.\\d MB, are in .*half\\.\\n");
        assertThat(CommandLineRun.of("model", "inspect", out).succeeded().out())
                .contains("BF16")
                .doesNotContain("F32");
        CommandLineRun.of(
                        "sample",
                        out,
                        "--prompt",
                        "a",
                        "--seeds",
                        1,
                        "--steps",
                        1,
                        "--height",
                        32,
                        "--width",
                        32,
                        "--threads",
                        1,
                        "--out",
                        folder.resolve("pictures"))
                .succeeded();
        CommandLineRun.of("model", "convert", model, "--out", out).refused("half is there");
        CommandLineRun.of("model", "convert", model, "--out", folder.resolve("x"), "--shard-size", "5")
                .refused("--shard-size (5) must be a whole number and KB, MB or GB");
        CommandLineRun.of("model", "convert", model, "--out", folder.resolve("x"), "--type", "int8")
                .refused("Invalid value for option '--type'");
        CommandLineRun.of("model", "convert", model).refused("Missing required option: '--out=DIR'");
    }
}
