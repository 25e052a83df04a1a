package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.ModelVerification.Comparison;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelVerificationTest {
    private static final double TOLERANCE = 2e-5;

    /** The fixture's own: Wan's autoencoder divides by lengths of vectors, some of which are short. */
    private static final double VIDEO_TOLERANCE = 1e-3;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "sd3-transformer/transformer,sd3-transformer,8",
        "sd3-transformer/transformer_medium,sd3-transformer,4",
        "flux-transformer/transformer,flux-transformer,8",
        "flux-transformer/transformer_noguidance,flux-transformer,4",
        "wan-transformer/transformer,wan-transformer,8",
        "wan-transformer/transformer_i2v,wan-transformer,4",
        "text-encoders/clip_l,text-encoders,4",
        "text-encoders/clip_g,text-encoders,4",
        "text-encoders/t5,text-encoders,2",
        "text-encoders/t5_relu,text-encoders,2",
        "text-encoders/t5_small_buckets,text-encoders,2",
        "text-encoders/umt5,text-encoders,2",
        "vae/vae,vae,6",
        "vae/vae_quant,vae,3",
        "vae/wan_vae,vae,6",
        "sd3-pipeline,sd3-pipeline,17",
        "flux-pipeline,flux-pipeline,14",
        "wan-pipeline,wan-pipeline,10"
    })
    void everyTensorOfTheModelIsComputedAndEqual(String model, String golden, int computed) throws IOException {
        List<Comparison> found = verify(model, golden);
        double tolerance = golden.equals("wan-pipeline") ? VIDEO_TOLERANCE : TOLERANCE;
        assertThat(found.stream().filter(c -> c.exceeds(tolerance))).isEmpty();
        assertThat(found.stream().filter(Comparison::computed)).hasSize(computed);
        assertThat(found.stream().filter(c -> !c.computed()))
                .allSatisfy(c -> assertThat(c.reason()).get().asString().isNotBlank());
        assertThat(found.stream()
                        .map(Comparison::name)
                        .filter(name -> name.matches(".*(cotangent|input_ids|mask|latents)")))
                .allMatch(name -> name.contains(".grad."));
        assertThat(found.stream().map(Comparison::name)).isSorted().doesNotHaveDuplicates();
    }

    private static List<Comparison> verify(String model, String golden) throws IOException {
        return ModelVerification.verify(Fixtures.path(model), Fixtures.path(golden + "/golden.safetensors"));
    }

    @Test
    void cachedGradientsOfOneCaseDoNotEnterTheNext() throws IOException {
        List<Comparison> found = verify("sd3-transformer/transformer", "sd3-transformer");
        assertThat(found.stream().map(Comparison::name).filter(name -> name.contains(".grad.weight.")))
                .contains(
                        "a.grad.weight.transformer_blocks.0.attn2.to_q.weight",
                        "b.grad.weight.transformer_blocks.0.attn2.to_q.weight");
        assertThat(found).allSatisfy(c -> {
            if (c.name().startsWith("c.")) {
                assertThat(c.reason()).get().asString().contains("a case of another model");
            } else if (c.name().startsWith("debug.")) {
                assertThat(c.reason()).contains("a value between layers");
            } else {
                assertThat(c.computed()).isTrue();
            }
        });
    }

    @Test
    void aWeightThatIsOffShows() throws IOException {
        Path model = folder.resolve("transformer");
        FlowPipelineTest.copy(Fixtures.path("sd3-transformer/transformer"), model);
        try (NDManager manager = Torch.newManager();
                WeightFiles files = WeightFiles.open(model);
                Weights weights = files.load(manager)) {
            NDArray bias = weights.get("transformer_blocks.1.attn.to_q.bias");
            bias.addi(0.01f);
            SafetensorsWriter.write(
                    model.resolve("diffusion_pytorch_model.safetensors"),
                    weights.asMap(),
                    Map.of(),
                    SafetensorsWriter.Storage.FLOAT32);
        }
        List<Comparison> found = ModelVerification.verify(model, Fixtures.path("sd3-transformer/golden.safetensors"));
        assertThat(found.stream().filter(c -> c.exceeds(1e-4)).map(Comparison::name))
                .contains("a.out", "b.out");
    }

    @Test
    void nanAndInfinityExceedEveryTolerance() {
        assertThat(new Comparison("a", Double.NaN, Double.NaN).exceeds(1e9)).isTrue();
        assertThat(new Comparison("a", 1, Double.POSITIVE_INFINITY).exceeds(1e9))
                .isTrue();
        assertThat(new Comparison("a", 0, 0).exceeds(0)).isFalse();
        assertThat(new Comparison("a", "reason").exceeds(0)).isFalse();
    }

    @Test
    void aFolderOfFoldersSaysWhichToName() {
        assertThatThrownBy(() -> verify("text-encoders", "text-encoders"))
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining("neither config.json nor model_index.json")
                .hasMessageContaining("clip_g, clip_l, t5");
    }

    @Test
    void anUnknownArchitectureIsRefused() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{\"_class_name\":\"UNet2DConditionModel\"}");
        assertThatThrownBy(() -> ModelVerification.verify(folder, Fixtures.path("vae/golden.safetensors")))
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining("UNet2DConditionModel");
    }

    @Test
    void aPipelineIsInspectedWithoutLoadingIt() throws IOException {
        ModelInspection found = ModelInspection.of(Fixtures.path("sd3-pipeline"));
        assertThat(found.pipeline()).contains("StableDiffusion3Pipeline");
        assertThat(found.components().stream().map(ModelInspection.Component::name))
                .containsExactly(
                        "scheduler",
                        "text_encoder",
                        "text_encoder_2",
                        "text_encoder_3",
                        "tokenizer",
                        "tokenizer_2",
                        "tokenizer_3",
                        "transformer",
                        "vae");
        assertThat(found.components()).allSatisfy(c -> {
            assertThat(c.fault()).isEmpty();
            assertThat(c.unused()).isZero();
        });
        ModelInspection.Component transformer = found.components().get(7);
        assertThat(transformer.architecture()).isEqualTo("SD3Transformer2DModel");
        assertThat(transformer.parametersByType()).containsOnlyKeys(StoredType.F32);
        assertThat(transformer.bytes()).isEqualTo(4 * transformer.parameters());
        try (NDManager manager = Torch.newManager();
                WeightFiles files = WeightFiles.open(Fixtures.path("sd3-pipeline/transformer"))) {
            assertThat(transformer.parameters()).isEqualTo(files.load(manager).parameterCount());
        }
    }

    @Test
    void aComponentThatCannotBeUsedIsInspectedWithItsFault() throws IOException {
        Path model = folder.resolve("encoder");
        FlowPipelineTest.copy(Fixtures.path("text-encoders/clip_l"), model);
        String config = Files.readString(model.resolve("config.json"));
        Files.writeString(
                model.resolve("config.json"), config.replace("\"projection_dim\": 12", "\"projection_dim\": 13"));
        ModelInspection found = ModelInspection.of(model);
        assertThat(found.components().get(0).fault()).get().asString().contains("text_projection.weight");
        Files.writeString(model.resolve("config.json"), "{\"_class_name\":\"HunyuanVideoTransformer3DModel\"}");
        assertThat(ModelInspection.of(model).components().get(0).fault())
                .get()
                .asString()
                .contains("Hunyuan");
    }
}
