package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Fixtures;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Text encoders and autoencoder against the values of transformers and diffusers, float32 on the CPU. */
class ComponentGoldenTest {
    /** A float32 run differs from a float64 run by about 1e-6 of the largest value. */
    private static final double TOLERANCE = 5e-6;

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = Torch.newManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static ConfigFile config(Path folder) throws IOException {
        return ConfigFile.read(folder.resolve("config.json"));
    }

    private Weights load(Path folder, WeightLayout layout) throws IOException {
        try (WeightFiles files = WeightFiles.open(folder)) {
            layout.check("the network", files);
            assertThat(files.names()).isEqualTo(layout.shapes().keySet());
            return files.load(manager);
        }
    }

    private void assertEqual(NDArray found, SafetensorsFile golden, String name) throws IOException {
        assertThat(Fixtures.relativeError(found, golden.read(manager, name)))
                .as(name)
                .isLessThan(TOLERANCE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"clip_l", "clip_g"})
    void clipEqualsTransformers(String name) throws IOException {
        Path folder = Fixtures.path("text-encoders/" + name);
        ClipConfig config = ClipConfig.of(config(folder), true);
        ClipTextEncoder encoder = new ClipTextEncoder(config, load(folder, config.layout()));
        try (SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("text-encoders/golden.safetensors"))) {
            NDArray ids = golden.read(manager, name + ".input_ids");
            ClipTextEncoder.States states = encoder.encode(ids);
            assertEqual(states.hidden(), golden, name + ".penultimate");
            assertEqual(states.last(), golden, name + ".last_hidden_state");
            assertEqual(states.pooled(), golden, name + ".text_embeds");
            assertEqual(encoder.encode(ids, 0).hidden(), golden, name + ".skip2");
        }
    }

    /** The fixtures' end token is the largest id, so they cannot tell the two rules for the pooled position apart. */
    @ParameterizedTest
    @CsvSource({"7,2", "2,1", "59,1"})
    void clipPoolsAtTheFirstEndTokenOrForTheHistoricTwoAtTheLargestId(int endToken, int position) throws IOException {
        Path folder = Fixtures.path("text-encoders/clip_l");
        ClipConfig c = ClipConfig.of(config(folder), true);
        ClipConfig other = new ClipConfig(
                c.vocabulary(),
                c.width(),
                c.feedForward(),
                c.layers(),
                c.heads(),
                c.positions(),
                c.projection(),
                c.quickGelu(),
                endToken);
        ClipTextEncoder encoder = new ClipTextEncoder(other, load(folder, c.layout()));
        NDArray ids = manager.create(new long[] {58, 59, 7, 59, 7, 3}, new Shape(1, 6));
        ClipTextEncoder.States states = encoder.encode(ids);
        NDArray at = states.last().get("0," + position).reshape(1, -1);
        NDArray expected =
                at.matMul(encoder.weights().get("text_projection.weight").transpose());
        assertThat(Fixtures.relativeError(states.pooled(), expected)).isLessThan(TOLERANCE);
    }

    @ParameterizedTest
    @CsvSource({"t5,false", "t5_small_buckets,false", "t5_relu,false", "umt5,true"})
    void t5EqualsTransformers(String name, boolean tablePerBlock) throws IOException {
        Path folder = Fixtures.path("text-encoders/" + name);
        T5Config config = T5Config.of(config(folder));
        Weights weights = load(folder, config.layout("shared.weight", tablePerBlock));
        T5Encoder encoder = new T5Encoder(config, weights);
        try (SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("text-encoders/golden.safetensors"))) {
            NDArray ids = golden.read(manager, name + ".input_ids");
            NDArray mask = golden.read(manager, name + ".attention_mask");
            assertEqual(encoder.encode(ids), golden, name + ".last_hidden_state");
            assertEqual(encoder.encode(ids, mask), golden, name + ".last_hidden_state_masked");
        }
    }

    @Test
    void theAutoencoderEqualsDiffusersWithItsGradient() throws IOException {
        AutoencoderKl vae = autoencoder("vae");
        try (SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("vae/golden.safetensors"));
                Torch.Scope graph = Torch.withGradient()) {
            AutoencoderKl.Posterior posterior = vae.encode(golden.read(manager, "kl.image"));
            assertEqual(posterior.mean(), golden, "kl.mean");
            assertEqual(posterior.logVariance(), golden, "kl.logvar");
            NDArray sample =
                    posterior.mean().add(posterior.logVariance().mul(0.5f).exp().mul(golden.read(manager, "kl.noise")));
            assertEqual(vae.scaled(sample), golden, "kl.scaled_sample");
            NDArray latents = golden.read(manager, "kl.latents");
            latents.setRequiresGradient(true);
            NDArray decoded = vae.decode(vae.unscaled(latents));
            assertEqual(decoded, golden, "kl.decoded");
            Torch.backward(decoded, golden.read(manager, "kl.cotangent"));
            assertEqual(latents.getGradient(), golden, "kl.grad.latents");
            assertThat(vae.config().factor()).isEqualTo(8);
        }
    }

    @Test
    void theAutoencoderWithQuantConvolutionsEqualsDiffusers() throws IOException {
        AutoencoderKl vae = autoencoder("vae_quant");
        try (SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("vae/golden.safetensors"))) {
            AutoencoderKl.Posterior posterior = vae.encode(golden.read(manager, "quant.image"));
            assertEqual(posterior.mean(), golden, "quant.mean");
            assertEqual(posterior.logVariance(), golden, "quant.logvar");
            assertEqual(vae.decode(posterior.mean()), golden, "quant.decoded");
        }
    }

    private AutoencoderKl autoencoder(String name) throws IOException {
        Path folder = Fixtures.path("vae/" + name);
        VaeConfig config = VaeConfig.of(config(folder));
        return new AutoencoderKl(config, load(folder, config.layout()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"transformer", "transformer_medium"})
    void theLayoutOfAnSd3TransformerNamesEveryTensorOfItsFile(String name) throws IOException {
        Path folder = Fixtures.path("sd3-transformer/" + name);
        load(folder, Sd3Config.of(config(folder)).layout());
    }

    @Test
    void aMissingTensorAndAWrongShapeAreNamed() throws IOException {
        try (WeightFiles files = WeightFiles.open(Fixtures.path("text-encoders/clip_l"))) {
            assertThatThrownBy(() -> new WeightLayout().tensor("nose", 1).check("CLIP", files))
                    .isExactlyInstanceOf(IOException.class)
                    .hasMessageContaining("has no tensor named nose, which CLIP");
            assertThatThrownBy(() -> new WeightLayout()
                            .tensor("text_projection.weight", 16, 12)
                            .check("CLIP", files))
                    .isExactlyInstanceOf(IOException.class)
                    .hasMessageContaining("has shape (12, 16); CLIP with this config.json needs (16, 12)");
        }
    }
}
