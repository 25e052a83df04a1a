package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
}
