package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.MemoryPolicy.TextEncoders;
import dev.sluice.flow.internal.Components;
import dev.sluice.flow.internal.ConfigFile;
import dev.sluice.flow.internal.RandomFolder;
import dev.sluice.flow.internal.WeightLayout;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RandomModelTest {
    @TempDir
    private Path folder;

    private static ConfigFile config(String family, String component) throws IOException {
        try {
            return ConfigFile.read(Path.of(Components.class
                    .getResource("families/%s/%s/config.json".formatted(family, component))
                    .toURI()));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * The published models' numbers of parameters, with SD3.5's tables of positions (226,492,416 and 89,653,248). Wan's from picture to
     * video is as large as SkyReels-V2's, which has its architecture; its picture encoder has 630,766,080, of which the last block
     * (19,677,440) and the norm after it (2,560) are not needed.
     */
    @ParameterizedTest
    @CsvSource({
        "sd3.5-medium, transformer, 2469663936",
        "sd3.5-large, transformer, 8146280768",
        "flux.1-dev, transformer, 11901408320",
        "flux.1-schnell, transformer, 11891178560",
        "wan2.1-t2v-1.3b, transformer, 1418996800",
        "wan2.1-t2v-14b, transformer, 14288491584",
        "wan2.1-i2v-14b, transformer, 16394878784",
        "wan2.1-i2v-14b, image_encoder, 611086080",
        "wan2.1-i2v-14b, text_encoder, 5680910336",
        "wan2.1-i2v-14b, vae, 126892531",
        "sd3.5-medium, text_encoder, 123650304",
        "sd3.5-medium, text_encoder_2, 694659840",
        "sd3.5-medium, text_encoder_3, 4762310656",
        "sd3.5-medium, vae, 83819683",
        "wan2.1-t2v-1.3b, text_encoder, 5680910336",
        "wan2.1-t2v-1.3b, vae, 126892531"
    })
    void aFamilyHasTheParametersOfThePublishedModel(String family, String component, long parameters)
            throws IOException {
        WeightLayout layout = Components.layout(config(family, component), name -> name.equals("shared.weight"));
        assertThat(layout.parameterCount()).isEqualTo(parameters);
    }

    @Test
    void aFolderIsAModelInShardsThatOpensAndComputes() throws IOException {
        Path model = Files.createDirectory(folder.resolve("tiny"));
        var options = new RandomModel.Options(1, 1, Set.of("text_encoder_2"), 100_000, 7);
        var bytes = new long[1];
        long written = RandomFolder.write("tiny", model, options, (component, sum) -> bytes[0] = sum);
        assertThat(bytes[0]).isEqualTo(written);
        assertThat(model.resolve("tokenizer_2")).doesNotExist();
        try (Stream<Path> shards = Files.list(model.resolve("text_encoder"))) {
            assertThat(shards.map(file -> file.getFileName().toString()))
                    .contains("model.safetensors.index.json", "model-00001-of-00002.safetensors");
        }
        ModelInspection inspection = ModelInspection.of(model);
        assertThat(inspection.bytes()).isEqualTo(written);
        assertThat(inspection.components())
                .allMatch(component -> component.fault().isEmpty());
        // Without the second encoder the pooled vector is narrower than the transformer was made for.
        assertThatThrownBy(() -> FlowPipeline.open(model, Device.cpu()).close())
                .hasMessageContaining("the pooled text vector");
    }

    @Test
    void aWholeModelDrawsSomething() throws IOException {
        Path model = Files.createDirectory(folder.resolve("tiny"));
        RandomFolder.write("tiny", model, RandomModel.Options.WHOLE, (component, sum) -> {});
        MemoryPolicy policy = MemoryPolicy.of(Precision.BFLOAT16).withText(Precision.BFLOAT16, TextEncoders.RELEASED);
        try (FlowPipeline pipeline =
                        FlowPipeline.open(model, Device.cpu(), policy, PromptReading.of(List.of("a red square")));
                NDManager scratch = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray latents = scratch.ones(pipeline.sizes().latentShape(1, 64, 64));
            NDArray velocity =
                    pipeline.velocityModel().velocity(latents, 0.5, pipeline.encode(scratch, List.of("a red square")));
            assertThat(velocity.isNaN().any().getBoolean()).isFalse();
            assertThat(velocity.abs().max().getFloat()).isBetween(1e-3f, 1e3f);
            assertThat(pipeline.decode(latents).isNaN().any().getBoolean()).isFalse();
        }
    }

    /** All components of a family that starts from a picture, opened and used. */
    @Test
    void aModelFromAPictureMovesIt() throws IOException {
        Path model = Files.createDirectory(folder.resolve("tiny-i2v"));
        RandomFolder.write("tiny-i2v", model, RandomModel.Options.WHOLE, (component, sum) -> {});
        ModelInspection inspection = ModelInspection.of(model);
        assertThat(inspection.usable()).isTrue();
        assertThat(inspection.components().stream().map(ModelInspection.Component::architecture))
                .hasSize(7)
                .contains("CLIPVisionModel", "CLIPImageProcessor", "WanTransformer3DModel");
        try (FlowPipeline pipeline = FlowPipeline.open(model, Device.cpu());
                NDManager scratch = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            assertThat(pipeline.startPictures().needed()).isTrue();
            byte[] rgb = new byte[3 * 40 * 50];
            for (int i = 0; i < rgb.length; i++) {
                rgb[i] = (byte) (7 * i);
            }
            List<NDArray> picture = pipeline.startPictures().encode(scratch, new StartPicture(40, 50, rgb), 5, 32, 48);
            NDArray latents = scratch.ones(pipeline.sizes().latentShape(1, 5, 32, 48));
            Conditioning prompt =
                    pipeline.encode(scratch, List.of("a red square")).with(scratch, picture);
            NDArray velocity = pipeline.velocityModel().velocity(latents, 0.5, prompt);
            assertThat(velocity.getShape()).isEqualTo(latents.getShape());
            assertThat(velocity.isNaN().any().getBoolean()).isFalse();
            assertThat(velocity.abs().max().getFloat()).isBetween(1e-3f, 1e3f);
        }
    }

    @Test
    void whatCannotBeWrittenIsRefusedBeforeThereIsAFolder() {
        Path model = folder.resolve("model");
        assertThatThrownBy(() -> RandomModel.write("sd9", model, RandomModel.Options.WHOLE, (component, bytes) -> {}))
                .hasMessageContaining("family (sd9) must be one of");
        assertThatThrownBy(() -> RandomModel.write(
                        "sd3.5-medium",
                        model,
                        new RandomModel.Options(1, 1, Set.of("transformer"), 1, 1),
                        (component, bytes) -> {}))
                .hasMessageContaining("(transformer)");
        assertThat(model).doesNotExist();
    }
}
