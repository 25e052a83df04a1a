package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelConversionTest {
    private static final Path WAN = Fixtures.path("wan-pipeline");
    private static final Path SD3 = Fixtures.path("sd3-pipeline");
    private static final long LARGE = 1L << 40;

    @TempDir
    private Path folder;

    private Path out;

    @BeforeEach
    void place() {
        out = folder.resolve("out");
    }

    private ModelConversion.Written convert(
            Path from, SafetensorsWriter.Storage storage, long shard, List<AdapterStack.Entry> adapters)
            throws IOException {
        return ModelConversion.run(
                from, out, new ModelConversion.Options(storage, shard, adapters), (name, done) -> {});
    }

    @Test
    void shardsHoldTheSameBytes() throws IOException {
        ModelConversion.Written written = convert(WAN, SafetensorsWriter.Storage.SAME, 20_000, List.of());
        assertThat(written.tensors()).isEqualTo(ModelConversion.tensors(WAN));
        Path index = out.resolve("transformer/diffusion_pytorch_model.safetensors.index.json");
        assertThat(Files.readString(index)).contains("\"total_size\"", "-00001-of-000");
        assertThat(out.resolve("text_encoder/model.safetensors.index.json")).exists();
        assertThat(out.resolve("tokenizer/tokenizer.json")).exists();
        try (WeightFiles before = WeightFiles.open(WAN.resolve("transformer"));
                WeightFiles after = WeightFiles.open(out.resolve("transformer"));
                NDManager manager = Torch.newManager()) {
            assertThat(after.path()).isEqualTo(index);
            assertThat(after.names()).isEqualTo(before.names());
            for (String name : before.names()) {
                assertThat(after.read(manager, name).toFloatArray())
                        .as(name)
                        .isEqualTo(before.read(manager, name).toFloatArray());
            }
        }
        FlowPipeline.open(out, Device.cpu()).close();
        Path again = folder.resolve("again");
        ModelConversion.run(
                out,
                again,
                new ModelConversion.Options(SafetensorsWriter.Storage.SAME, LARGE, List.of()),
                (n, d) -> {});
        try (WeightFiles whole = WeightFiles.open(again.resolve("transformer"))) {
            assertThat(whole.path().getFileName()).hasToString("diffusion_pytorch_model.safetensors");
        }
    }

    @Test
    void typesAreThoseAskedForAlsoInTheConfiguration() throws IOException {
        Path encoder = folder.resolve("encoder");
        FlowPipelineTest.copy(SD3.resolve("text_encoder_3"), encoder);
        String config = Files.readString(encoder.resolve("config.json"));
        assertThat(config).contains("float32");
        convert(encoder, SafetensorsWriter.Storage.BFLOAT16, LARGE, List.of());
        assertThat(Files.readString(out.resolve("config.json")))
                .contains("bfloat16")
                .doesNotContain("float32");
        try (WeightFiles half = WeightFiles.open(out);
                WeightFiles full = WeightFiles.open(encoder);
                NDManager manager = Torch.newManager()) {
            for (String name : full.names()) {
                assertThat(half.dtype(name)).as(name).isEqualTo(StoredType.BF16);
                assertThat(Fixtures.relativeError(half.read(manager, name), full.read(manager, name)))
                        .isLessThan(0x1p-8);
            }
        }
    }

    @Test
    void aMergedModelIsTheModelWithTheAdapter() throws IOException {
        Path adapter = Fixtures.path("adapters/sd3-patterns/peft");
        try (StoredAdapter stored = StoredAdapter.open(adapter)) {
            convert(SD3, SafetensorsWriter.Storage.FLOAT32, LARGE, List.of(new AdapterStack.Entry(stored, 0.5)));
        }
        try (FlowPipeline merged = FlowPipeline.open(out, Device.cpu());
                FlowPipeline plain = FlowPipeline.open(SD3, Device.cpu());
                StoredAdapter stored = StoredAdapter.open(adapter)) {
            stored.merge(plain.transformerWeights(), 0.5);
            for (Map.Entry<String, NDArray> entry :
                    plain.transformerWeights().asMap().entrySet()) {
                assertThat(merged.transformerWeights().get(entry.getKey()).toFloatArray())
                        .as(entry.getKey())
                        .isEqualTo(entry.getValue().toFloatArray());
            }
        }
    }

    @Test
    void aNumberThatHalfPrecisionCannotHoldLeavesNothingBehind() throws IOException {
        Path component = Files.createDirectory(folder.resolve("component"));
        Files.writeString(component.resolve("config.json"), "{\"_class_name\": \"AutoencoderKL\"}");
        try (NDManager manager = Torch.newManager()) {
            SafetensorsWriter.write(
                    component.resolve("model.safetensors"),
                    Map.of("x", manager.full(new Shape(2), 1e6f)),
                    Map.of(),
                    SafetensorsWriter.Storage.FLOAT32);
        }
        assertThatThrownBy(() -> convert(component, SafetensorsWriter.Storage.FLOAT16, LARGE, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Tensor x holds a number that float16 cannot");
        assertThat(out).doesNotExist();
        try (var left = Files.list(folder)) {
            assertThat(left).containsExactly(component);
        }
    }

    @Test
    void placesAndAdaptersThatCannotBeAreRefused() throws IOException {
        Path model = folder.resolve("model");
        FlowPipelineTest.copy(WAN, model);
        ModelConversion.Options same = new ModelConversion.Options(SafetensorsWriter.Storage.SAME, LARGE, List.of());
        for (Path place : List.of(model, model.resolve("inner"), folder)) {
            assertThatThrownBy(() -> ModelConversion.run(model, place, same, (n, d) -> {}))
                    .hasMessageContaining("must not be the model's own");
        }
        try (StoredAdapter stored = StoredAdapter.open(Fixtures.path("adapters/flux/peft"))) {
            List<AdapterStack.Entry> one = List.of(new AdapterStack.Entry(stored, 1));
            assertThatThrownBy(() -> convert(model, SafetensorsWriter.Storage.SAME, LARGE, one))
                    .hasMessageContaining("does not fit the model");
            assertThatThrownBy(() -> convert(model.resolve("transformer"), SafetensorsWriter.Storage.SAME, LARGE, one))
                    .hasMessageContaining("an adapter is merged into a whole model only");
        }
        Files.delete(model.resolve("vae/diffusion_pytorch_model.safetensors"));
        assertThatThrownBy(() -> convert(model, SafetensorsWriter.Storage.SAME, LARGE, List.of()))
                .hasMessageContaining("has no weights");
        assertThat(out).doesNotExist();
    }
}
