package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models of any architecture: a TorchScript function of its weights, or an ONNX file. */
class VelocityModelTest {
    private static final Path VELOCITY = Fixtures.path("velocity");

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void model() throws IOException {
        model = folder.resolve("model");
        FlowPipelineTest.copy(VELOCITY, model);
        FlowPipelineTest.copy(Fixtures.path("flux-pipeline/text_encoder_2"), model.resolve("text_encoder"));
        FlowPipelineTest.copy(Fixtures.path("flux-pipeline/tokenizer_2"), model.resolve("tokenizer"));
        FlowPipelineTest.copy(Fixtures.path("sd3-pipeline/scheduler"), model.resolve("scheduler"));
    }

    private void replace(String file, String from, String to) throws IOException {
        String content = Files.readString(model.resolve(file));
        assertThat(content).contains(from);
        Files.writeString(model.resolve(file), content.replace(from, to));
    }

    private void useOnnx() throws IOException {
        replace("transformer/config.json", "velocity.pt", "velocity.onnx");
        replace("transformer/config.json", ",\n    \"pooled\"", "");
        Files.delete(model.resolve("transformer/diffusion_pytorch_model.safetensors"));
        Files.delete(model.resolve("transformer/velocity.pt"));
    }

    private static NDArray velocity(FlowPipeline pipeline, Weights weights, NDManager manager) throws IOException {
        try (SafetensorsFile golden = SafetensorsFile.open(VELOCITY.resolve("golden.safetensors"))) {
            Conditioning text = new Conditioning(golden.read(manager, "tokens"), golden.read(manager, "pooled"));
            NDArray out = pipeline.velocityModel(weights)
                    .velocity(golden.read(manager, "latents"), golden.read(manager, "time"), text);
            Fixtures.assertEqual(golden, out, "out", 1e-5);
            return out;
        }
    }

    @Test
    void aScriptIsTheNetworkItWasMadeOfAndSoAreItsGradients() throws IOException {
        try (FlowPipeline pipeline = FlowPipeline.open(model, Device.cpu());
                NDManager manager = Torch.newManager();
                SafetensorsFile golden = SafetensorsFile.open(VELOCITY.resolve("golden.safetensors"));
                FullWeights trained = new FullWeights(manager, pipeline.transformerWeights(), name -> true);
                Torch.Scope recording = Torch.withGradient();
                Replica replica = trained.replica(manager)) {
            NDArray out = velocity(pipeline, replica.weights(), manager);
            Torch.backward(out, golden.read(manager, "cotangent"));
            trained.pullBack(replica);
            for (String name : List.of("mix.weight", "first.bias")) {
                Fixtures.assertEqual(golden, trained.gradients().get(name), "grad." + name, 1e-5);
            }
        }
    }

    @Test
    void anOnnxFileIsTheSameNetworkButCannotBeTrained() throws IOException {
        useOnnx();
        assertThat(ModelInspection.of(model).usable()).isTrue();
        try (FlowPipeline pipeline = FlowPipeline.open(model, Device.cpu());
                NDManager manager = Torch.newManager()) {
            assertThat(pipeline.trainable()).isFalse();
            velocity(pipeline, pipeline.transformerWeights(), manager);
        }
    }

    @Test
    void adaptersAreTrainedMergedAndConverted() throws IOException {
        Path adapterFolder = Files.createDirectory(folder.resolve("adapter"));
        try (FlowPipeline pipeline = FlowPipeline.open(model, Device.cpu());
                NDManager manager = Torch.newManager()) {
            assertThat(pipeline.sizes().defaultHeight()).isEqualTo(32);
            LoraAdapter adapter = new LoraAdapter(
                    manager,
                    pipeline.transformerWeights(),
                    new LoraAdapter.Options(2, 2, pipeline.attentionLayers()),
                    NoiseSource.of(1));
            assertThat(adapter.layers()).containsExactly("mix");
            AdapterFolder.write(adapterFolder, adapter, adapter.parameters(), "");
            pipeline.save(folder.resolve("saved"), SafetensorsWriter.Storage.FLOAT32);
        }
        try (StoredAdapter stored = StoredAdapter.open(adapterFolder)) {
            ModelConversion.run(
                    folder.resolve("saved"),
                    folder.resolve("merged"),
                    new ModelConversion.Options(
                            SafetensorsWriter.Storage.SAME, 1000, List.of(new AdapterStack.Entry(stored, 1))),
                    (name, done) -> {});
        }
        try (FlowPipeline merged = FlowPipeline.open(folder.resolve("merged"), Device.cpu());
                NDManager manager = Torch.newManager()) {
            assertThat(velocity(merged, merged.transformerWeights(), manager).getShape())
                    .isEqualTo(new Shape(2, 3, 8, 6));
        }
    }

    @Test
    void onlyFullPrecisionIsTaken() {
        assertThatThrownBy(() -> FlowPipeline.open(model, Device.cpu(), MemoryPolicy.of(Precision.BFLOAT16)))
                .hasMessageContaining("must be float32 for a model that is given as a file");
    }

    @Test
    void blocksThatAreNotKnownAreNotRecomputed() {
        assertThatThrownBy(() -> FlowPipeline.open(model, Device.cpu(), MemoryPolicy.PLAIN.withSegments(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "segments (2) must be 0 for a model that is given as a file, because its blocks are not known.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "velocity.pt | none.pt | none.pt is not there; expected a TorchScript file",
                "velocity.pt | ../velocity.pt | must be the name of a .pt, .ts or .onnx file in the same folder",
                "velocity.pt | velocity.onnx | takes [latents, time, tokens]; expected [latents, time, tokens, pooled]",
                "velocity.pt | config.json | must be the name of",
                "\"pooled\" | \"picture\" | must be some of [latents, time, tokens, pooled]",
                "\"time\", | '' | does not take what its config.json says",
                "\"channels\": 3 | \"channels\": 4 | does not take what its config.json says",
                "\"text_size\": 20 | \"text_size\": 24 | does not take what its config.json says",
                "\"usual_rows\": 32 | \"usual_rows\": 0 | usual_rows (0) must be at least 1",
                "\"VelocityModel\" | \"OtherModel\" | must be one of [VelocityModel]",
            })
    void aDescriptorThatIsWrongIsRefusedInOneSentence(String from, String to, String says) throws IOException {
        replace("transformer/config.json", from, to == null ? "" : to);
        assertThatThrownBy(() -> FlowPipeline.open(model, Device.cpu()).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining(model.toString())
                .hasMessageContaining(says);
    }

    @Test
    void aFileThatIsNoScriptIsRefused() throws IOException {
        Files.writeString(model.resolve("transformer/velocity.pt"), "no script at all");
        assertThatThrownBy(() -> FlowPipeline.open(model, Device.cpu()).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining("velocity.pt is no TorchScript file");
        useOnnx();
        Files.writeString(model.resolve("transformer/velocity.onnx"), "no network at all");
        assertThatThrownBy(() -> FlowPipeline.open(model, Device.cpu()).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining("velocity.onnx is no network that ONNX Runtime can run");
    }
}
