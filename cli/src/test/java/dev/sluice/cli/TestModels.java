package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.sluice.cli.internal.SceneBatches;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.AdapterFolder;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.Pretraining;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.rewards.SceneDrawing;
import dev.sluice.rewards.ScenesWorld;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Small models for commands to work on. */
final class TestModels {
    private static final Path FIXTURES = DocumentationTest.HOME.resolve("flow/src/test/resources/fixtures");

    private TestModels() {}

    /** Returns a file or folder that the tests of the module flow have. */
    static Path fixture(String name) {
        return FIXTURES.resolve(name);
    }

    /** Makes a model of the scenes world that knows nothing yet. */
    static Path scenes(Path folder) throws IOException {
        Pretraining.Architecture tiny = new Pretraining.Architecture(32, 8, 1, 2, 8, 1, 2, 16, 12);
        AdamW.Options adam = new AdamW.Options(1e-3, 0.9, 0.99, 1e-8, 0, 1);
        Pretraining.Options once = new Pretraining.Options(1, 2, 2, adam, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3);
        Torch.threads(1); // a second thread only waits, with arrays this small
        try (Lanes lanes = new Lanes(1);
                Pretraining pretraining = new Pretraining(
                        lanes,
                        Device.cpu(),
                        tiny,
                        ScenesWorld.words(),
                        once,
                        new SceneBatches(SceneDrawing.PLAIN, 3))) {
            pretraining.update();
            pretraining.export(folder, Map.of());
        }
        return folder;
    }

    /** Makes a model whose network is a TorchScript file. */
    static Path velocity(Path folder) throws IOException {
        copy(fixture("velocity"), folder);
        copy(fixture("flux-pipeline/text_encoder_2"), folder.resolve("text_encoder"));
        copy(fixture("flux-pipeline/tokenizer_2"), folder.resolve("tokenizer"));
        copy(fixture("sd3-pipeline/scheduler"), folder.resolve("scheduler"));
        return folder;
    }

    /** Makes a model whose network is an ONNX file. */
    static Path onnx(Path folder) throws IOException {
        velocity(folder);
        replace(folder.resolve("transformer/config.json"), "velocity.pt", "velocity.onnx");
        replace(folder.resolve("transformer/config.json"), ",\n    \"pooled\"", "");
        Files.delete(folder.resolve("transformer/diffusion_pytorch_model.safetensors"));
        Files.delete(folder.resolve("transformer/velocity.pt"));
        return folder;
    }

    /** Replaces a text that must be there. */
    static void replace(Path file, String text, String other) throws IOException {
        String content = Files.readString(file);
        assertThat(content).contains(text);
        Files.writeString(file, content.replace(text, other));
    }

    /** Makes an adapter for a model, with values that change what it computes. */
    static Path adapter(Path model, Path folder) throws IOException {
        LoraAdapter.Options options = new LoraAdapter.Options(2, 4, LoraAdapter.Options.SD3_ATTENTION);
        try (FlowPipeline pipeline = FlowPipeline.open(model, Device.cpu());
                LoraAdapter adapter = new LoraAdapter(
                        pipeline.manager(), pipeline.transformerWeights(), options, NoiseSource.of(1))) {
            Map<String, NDArray> values = new LinkedHashMap<>();
            adapter.parameters()
                    .forEach((name, array) ->
                            values.put(name, NoiseSource.of(2).gaussian(pipeline.manager(), array.getShape())));
            Files.createDirectories(folder);
            AdapterFolder.write(folder, adapter, values, "");
        }
        return folder;
    }

    /** Puts Wan's tiny model with two networks together. */
    static Path wanExperts(Path folder) throws IOException {
        copy(fixture("wan-pipeline"), folder);
        Files.delete(folder.resolve("model_index.json"));
        for (String part : List.of("model_index.json", "transformer_2")) {
            copy(fixture("wan-experts").resolve(part), folder.resolve(part));
        }
        return folder;
    }

    /** Puts Wan's tiny model from a picture to video together. */
    static Path wanFromPicture(Path folder) throws IOException {
        copy(fixture("wan-pipeline"), folder);
        Files.delete(folder.resolve("model_index.json"));
        AtomicFiles.deleteAll(folder.resolve("transformer"));
        copy(fixture("wan-transformer/transformer_i2v"), folder.resolve("transformer"));
        for (String part : List.of("model_index.json", "image_encoder", "image_processor")) {
            copy(fixture("wan-i2v").resolve(part), folder.resolve(part));
        }
        return folder;
    }

    /** Copies a folder, so that a test may damage it. */
    static Path copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            all.forEach(path -> {
                try {
                    Files.copy(path, to.resolve(from.relativize(path).toString()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return to;
    }
}
