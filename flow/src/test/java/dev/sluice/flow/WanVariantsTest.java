package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.internal.ConfigFile;
import dev.sluice.flow.internal.PictureProcessor;
import dev.sluice.flow.internal.Resampling;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wan from a picture to video, and Wan 2.2's pairs of networks, against diffusers' values at every stage. */
class WanVariantsTest {
    private static final String PROMPT = "a red kite over the sea";
    private static final String NEGATIVE = "blurry";

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void place() {
        model = folder.resolve("model");
    }

    /** Puts a whole model from a picture to video together. */
    static Path fromPicture(Path model, Path fixtures) throws IOException {
        FlowPipelineTest.copy(fixtures.resolve("wan-pipeline"), model);
        AtomicFiles.deleteAll(model.resolve("transformer"));
        FlowPipelineTest.copy(fixtures.resolve("wan-transformer/transformer_i2v"), model.resolve("transformer"));
        Files.delete(model.resolve("model_index.json"));
        for (String part : List.of("image_encoder", "image_processor", "model_index.json")) {
            FlowPipelineTest.copy(fixtures.resolve("wan-i2v").resolve(part), model.resolve(part));
        }
        return model;
    }

    private Path experts() throws IOException {
        FlowPipelineTest.copy(Fixtures.path("wan-pipeline"), model);
        Files.delete(model.resolve("model_index.json"));
        for (String part : List.of("transformer_2", "model_index.json")) {
            FlowPipelineTest.copy(Fixtures.path("wan-experts").resolve(part), model.resolve(part));
        }
        return model;
    }

    private Path fromPicture() throws IOException {
        return fromPicture(model, Fixtures.path("wan-pipeline").getParent());
    }

    private static StartPicture picture(SafetensorsFile golden) throws IOException {
        long[] planes = golden.longs("image");
        byte[] rgb = new byte[planes.length];
        int size = planes.length / 3;
        for (int i = 0; i < planes.length; i++) {
            rgb[3 * (i % size) + i / size] = (byte) planes[i];
        }
        return new StartPicture(45, 70, rgb);
    }

    /** Each of the UniPC steps begins where the last one of ours ended. */
    private static void assertSteps(
            FlowPipeline pipeline, SafetensorsFile golden, Conditioning prompt, Conditioning negative, double scale)
            throws IOException {
        NDManager manager = prompt.tokens().getManager();
        VelocityModel guided = pipeline.guidedModel(pipeline.transformerWeights(), () -> negative, scale);
        NDArray steps = golden.read(manager, "latents.steps");
        int count = (int) steps.getShape().get(0);
        TimeSchedule schedule = pipeline.sizes().schedule(count, 32, 48);
        NDArray x = golden.read(manager, "latents.initial");
        List<NDArray> memory = List.of();
        for (int k = 0; k < count; k++) {
            OdeSolver.Step step =
                    pipeline.solver().step(guided, x, new OdeSolver.Position(schedule, k), prompt, memory);
            x = step.next();
            memory = step.memory();
            assertThat(Fixtures.relativeError(x, steps.get(new NDIndex("{}", k))))
                    .as("step %s", k)
                    .isLessThan(5e-5);
        }
    }

    @Test
    void aPictureBecomesTheSameVideoAsInDiffusers() throws IOException {
        try (FlowPipeline pipeline = FlowPipeline.open(fromPicture(), Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("wan-i2v/golden.safetensors"));
                NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            assertThat(pipeline.startPictures().needed()).isTrue();
            List<NDArray> picture = pipeline.startPictures().encode(manager, picture(golden), 9, 32, 48);
            Fixtures.assertEqual(golden, picture.get(0), "condition", 1e-5);
            Fixtures.assertEqual(golden, picture.get(1), "image_states", 1e-5);
            Conditioning prompt = pipeline.encode(manager, List.of(PROMPT), 512).with(manager, picture);
            Conditioning negative =
                    pipeline.encode(manager, List.of(NEGATIVE), 512).with(manager, picture);
            assertSteps(pipeline, golden, prompt, negative, 3);
        }
    }

    @Test
    void thePixelsOfAPictureAreThoseOfPillow() throws IOException {
        PictureProcessor processor =
                PictureProcessor.of(ConfigFile.read(Fixtures.path("wan-i2v/image_processor/preprocessor_config.json")));
        try (SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("wan-i2v/golden.safetensors"))) {
            StartPicture picture = picture(golden);
            assertClose(processor.pixels(picture), golden.floats("pixel_values"));
            byte[] rgb = Resampling.LANCZOS.resized(picture.rgb(), 45, 70, 32, 48);
            float[] expected = golden.floats("preprocessed");
            for (int i = 0; i < expected.length; i++) {
                int at = 3 * (i % (32 * 48)) + i / (32 * 48);
                assertThat((rgb[at] & 0xFF) / 127.5 - 1).isCloseTo(expected[i], within(1e-6));
            }
        }
    }

    private static void assertClose(float[] found, float[] expected) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.length; i++) {
            assertThat(found[i]).isCloseTo(expected[i], within(1e-5f));
        }
    }

    @Test
    void videosOfAPictureAreSampledInBatches() throws IOException {
        try (FlowPipeline pipeline = FlowPipeline.open(fromPicture(), Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("wan-i2v/golden.safetensors"));
                Lanes lanes = new Lanes(1)) {
            PictureSettings settings = new PictureSettings(2, new OdeSolver.Euler(), 2, "", 32, 32, 5, 2);
            Optional<StartPicture> picture = Optional.of(picture(golden));
            PictureSampler sampler = new PictureSampler(pipeline, settings);
            assertThatThrownBy(() -> sampler.sample(
                            lanes,
                            List.of(new PictureSampler.Request("a", 1)),
                            (first, videos) -> {},
                            StepListener.NONE))
                    .hasMessageContaining("The prompt (a) has no picture");
            sampler.sample(
                    lanes,
                    List.of(new PictureSampler.Request("a", 1, picture), new PictureSampler.Request("b", 1, picture)),
                    (first, videos) -> {
                        assertThat(videos.getShape()).isEqualTo(new Shape(2, 5, 3, 32, 32));
                        assertThat(videos.get(0).toFloatArray())
                                .isNotEqualTo(videos.get(1).toFloatArray());
                    },
                    StepListener.NONE);
        }
    }

    @Test
    void twoExpertsShareTheWayAsInDiffusers() throws IOException {
        try (FlowPipeline pipeline = FlowPipeline.open(experts(), Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("wan-experts/golden.safetensors"));
                NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            Conditioning prompt = pipeline.encode(manager, List.of(PROMPT), 22);
            assertSteps(pipeline, golden, prompt, pipeline.encode(manager, List.of(NEGATIVE), 22), 4);
        }
    }

    /** Times on both sides of the boundary in one batch, and weights that are replaced. */
    @Test
    void aBatchOfBothExpertsIsWhatEachSaysAlone() throws IOException {
        try (FlowPipeline pipeline = FlowPipeline.open(experts(), Device.cpu());
                NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray latents =
                    NoiseSource.of(1).gaussian(manager, pipeline.sizes().latentShape(3, 5, 32, 32));
            Conditioning prompt = pipeline.encode(manager, List.of("a", "b", "c"), 8);
            float[] levels = {0.3f, 0.9f, 0.7f};
            NDArray all = pipeline.velocityModel().velocity(latents, manager.create(levels), prompt);
            for (int i = 0; i < 3; i++) {
                NDArray one = pipeline.velocityModel()
                        .velocity(
                                latents.get(new NDIndex("{}:{}", i, i + 1)),
                                manager.create(new float[] {levels[i]}),
                                prompt.rows(manager, i));
                assertThat(Fixtures.relativeError(all.get(new NDIndex("{}:{}", i, i + 1)), one))
                        .isLessThan(1e-5);
            }
            String name = "transformer_2.proj_out.bias";
            NDArray moved = pipeline.transformerWeights().get(name).add(1);
            NDArray other = pipeline.velocityModel(pipeline.transformerWeights().with(manager, Map.of(name, moved)))
                    .velocity(latents, manager.create(levels), prompt);
            assertThat(Fixtures.relativeError(other.get(new NDIndex("1:2")), all.get(new NDIndex("1:2"))))
                    .isZero();
            assertThat(Fixtures.relativeError(other.get(new NDIndex("0:1")), all.get(new NDIndex("0:1"))))
                    .isGreaterThan(1e-3);
        }
    }

    /** The weights of a pair after an adapter in two files, against diffusers', which loaded each into its network. */
    @Test
    void aFileForEachExpertIsMergedAsInDiffusers() throws IOException {
        Path files = Fixtures.path("adapters/wan-experts");
        try (FlowPipeline pipeline = FlowPipeline.open(experts(), Device.cpu());
                StoredAdapter adapter = StoredAdapter.open(files);
                SafetensorsFile golden = SafetensorsFile.open(files.resolve("golden.safetensors"))) {
            adapter.requireFits(model);
            assertThat(adapter.layers())
                    .containsExactlyInAnyOrderElementsOf(golden.names().stream()
                            .map(name -> name.substring(0, name.length() - ".weight".length()))
                            .toList());
            adapter.merge(pipeline.transformerWeights(), 1);
            for (String name : golden.names()) {
                Fixtures.assertEqual(golden, pipeline.transformerWeights().get(name), name, 1e-6);
            }
        }
        try (StoredAdapter second = StoredAdapter.open(files.resolve(StoredAdapter.DIFFUSERS_SECOND))) {
            assertThat(second.layers())
                    .hasSize(4)
                    .allMatch(layer -> layer.startsWith("transformer_2."), "is of the second network");
        }
    }

    /** PEFT's form, a file for each network as diffusers takes them, and both in one file, as was written before. */
    @Test
    void allFormsOfAnAdapterOfBothExpertsDoTheSame() throws IOException {
        Path place = Files.createDirectory(folder.resolve("adapter"));
        try (FlowPipeline pipeline = FlowPipeline.open(experts(), Device.cpu());
                NDManager manager = Torch.newManager()) {
            Weights weights = pipeline.transformerWeights();
            adapted(manager, weights, pipeline.attentionLayers(), place);
            AdapterFolder.writeDiffusers(place);
            Path pair = Files.createDirectory(folder.resolve("pair"));
            Map<String, NDArray> together = new TreeMap<>();
            for (String file : List.of(StoredAdapter.DIFFUSERS, StoredAdapter.DIFFUSERS_SECOND)) {
                Files.copy(place.resolve(file), pair.resolve(file));
                String prefix = file.equals(StoredAdapter.DIFFUSERS) ? "transformer." : "transformer_2.";
                try (SafetensorsFile written = SafetensorsFile.open(place.resolve(file))) {
                    assertThat(written.names())
                            .hasSize(32)
                            .contains("transformer.blocks.0.attn1.to_q.lora_A.weight")
                            .allMatch(
                                    name -> name.matches(
                                            "transformer\\.blocks\\.[01]\\.attn[12]\\.to_(q|k|v|out\\.0)\\.lora_[AB]\\.weight"));
                    assertThat(written.metadata().get(AdapterReader.METADATA))
                            .contains("\"transformer.r\"")
                            .doesNotContain("transformer_2");
                    for (String name : written.names()) {
                        together.put(prefix + name.substring("transformer.".length()), written.read(manager, name));
                    }
                }
            }
            Path single = Files.createDirectory(folder.resolve("single"));
            SafetensorsWriter.write(
                    single.resolve(StoredAdapter.DIFFUSERS),
                    together,
                    Map.of(AdapterReader.METADATA, """
                            {"transformer.r": 2, "transformer.lora_alpha": 3, "transformer.use_rslora": true,
                             "transformer.rank_pattern": {"transformer_2.blocks.0.attn1.to_q": 4},
                             "transformer.alpha_pattern": {"blocks.1.attn2.to_k": 5}}"""),
                    SafetensorsWriter.Storage.FLOAT32);
            Map<String, NDArray> expected = merged(manager, weights, place);
            assertThat(Fixtures.relativeError(
                            expected.get("transformer_2.blocks.0.attn1.to_q.weight"),
                            weights.get("transformer_2.blocks.0.attn1.to_q.weight")))
                    .isGreaterThan(1e-2);
            for (Path form : List.of(pair, single)) {
                merged(manager, weights, form)
                        .forEach((name, found) -> assertThat(Fixtures.relativeError(found, expected.get(name)))
                                .as("%s in %s", name, form)
                                .isLessThan(1e-6));
            }
            Files.copy(
                    single.resolve(StoredAdapter.DIFFUSERS),
                    pair.resolve(StoredAdapter.DIFFUSERS),
                    StandardCopyOption.REPLACE_EXISTING);
            assertThatThrownBy(() -> StoredAdapter.open(pair))
                    .isExactlyInstanceOf(IOException.class)
                    .hasMessageContaining("both adapt transformer_2.blocks.0.attn1.to_k; expected one");
        }
    }

    /** Writes an adapter whose layers differ in rank and alpha, also between the two networks. */
    private static void adapted(NDManager manager, Weights weights, List<String> targets, Path place)
            throws IOException {
        LoraAdapter.Options options = new LoraAdapter.Options(
                2,
                3,
                targets,
                Map.of("transformer_2.blocks.0.attn1.to_q", 4),
                Map.of("blocks.1.attn2.to_k", 5.0),
                true);
        try (LoraAdapter adapter = new LoraAdapter(manager, weights, options, NoiseSource.of(1))) {
            adapter.parameters().forEach((name, array) -> {
                if (name.contains("lora_B")) {
                    InPlace.assign(array, NoiseSource.of(name.hashCode()).gaussian(manager, array.getShape()));
                }
            });
            AdapterFolder.write(place, adapter, adapter.parameters(), "");
        }
    }

    private static Map<String, NDArray> merged(NDManager manager, Weights weights, Path adapter) throws IOException {
        Map<String, NDArray> merged = new TreeMap<>();
        try (StoredAdapter stored = StoredAdapter.open(adapter);
                AdapterStack stack = new AdapterStack(manager, weights)) {
            assertThat(stored.layers()).hasSize(32);
            stack.set(List.of(new AdapterStack.Entry(stored, 1)));
            weights.asMap().forEach((name, array) -> merged.put(name, InPlace.copy(manager, array)));
            stack.clear();
        }
        return merged;
    }

    /** A model is written as it was read: each network to its own folder. */
    @Test
    void bothExpertsAreAdaptedAndWritten() throws IOException {
        Path written = folder.resolve("written");
        try (FlowPipeline pipeline = FlowPipeline.open(experts(), Device.cpu());
                NDManager manager = Torch.newManager()) {
            LoraAdapter adapter = new LoraAdapter(
                    manager,
                    pipeline.transformerWeights(),
                    new LoraAdapter.Options(2, 2, pipeline.attentionLayers()),
                    NoiseSource.of(1));
            assertThat(adapter.layers())
                    .hasSize(32)
                    .contains("blocks.0.attn1.to_q", "transformer_2.blocks.0.attn1.to_q");
            Path place = Files.createDirectory(folder.resolve("adapter"));
            AdapterFolder.write(place, adapter, adapter.parameters(), "");
            AdapterFolder.writeDiffusers(place);
            // Without PEFT's form beside them, the two files are one adapter that can be trained on.
            Files.delete(place.resolve(AdapterFolder.CONFIG));
            Files.delete(place.resolve(AdapterFolder.WEIGHTS));
            try (StoredAdapter stored = StoredAdapter.open(place);
                    LoraAdapter again = stored.trainable(manager, pipeline.transformerWeights())) {
                stored.requireFits(model);
                assertThat(again.layers()).isEqualTo(adapter.layers());
                again.parameters()
                        .forEach((name, array) -> assertThat(array.toFloatArray())
                                .as(name)
                                .isEqualTo(adapter.parameters().get(name).toFloatArray()));
            }
            pipeline.save(written, SafetensorsWriter.Storage.FLOAT32);
        }
        for (String component : List.of("transformer", "transformer_2")) {
            try (WeightFiles before = WeightFiles.open(model.resolve(component));
                    WeightFiles after = WeightFiles.open(written.resolve(component))) {
                assertThat(after.names()).isEqualTo(before.names());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "model_index.json,\"boundary_ratio\": 0.8,\"boundary_ratio\": null,boundary_ratio (0.0) must be between 0 and 1",
        "model_index.json,\"expand_timesteps\": false,\"expand_timesteps\": true,expand_timesteps (true) must be false",
        "transformer_2/config.json,\"rope_max_seq_len\": 32,\"rope_max_seq_len\": 64,must have the sizes of the transformer's",
    })
    void anotherPairIsRefusedInOneSentence(String file, String text, String other, String says) throws IOException {
        assertRefused(experts(), file, text, other, says);
    }

    @ParameterizedTest
    @CsvSource({
        "image_encoder/config.json,\"hidden_size\": 18,\"hidden_size\": 21,needs (21)",
        "image_encoder/config.json,\"hidden_act\": \"gelu\",\"hidden_act\": \"relu\",must be one of",
        "image_encoder/config.json,\"architectures\": [,\"architectures\": [\"ViTModel\"; ,must be one of [CLIPVisionModel]",
        "image_processor/preprocessor_config.json,\"do_resize\": true,\"do_resize\": false,do_resize (false) must be true",
        "image_processor/preprocessor_config.json,\"resample\": 3,\"resample\": 2,resample (2) must be 3.0",
        "image_processor/preprocessor_config.json,\"shortest_edge\": 28,\"shortest_edge\": 20,must be at least 28",
        "image_processor/preprocessor_config.json,\"height\": 28,\"height\": 27,as wide as high",
        "model_index.json,WanImageToVideoPipeline,WanPipeline,must be its out_channels (16) in a text-to-video pipeline",
    })
    void anotherPictureModelIsRefusedInOneSentence(String file, String text, String other, String says)
            throws IOException {
        assertRefused(fromPicture(), file, text, other.replace(';', ','), says);
    }

    private static void assertRefused(Path model, String file, String text, String other, String says)
            throws IOException {
        String content = Files.readString(model.resolve(file));
        assertThat(content).contains(text);
        Files.writeString(model.resolve(file), content.replace(text, other));
        assertThatThrownBy(() -> FlowPipeline.open(model, Device.cpu()).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining(model.toString())
                .hasMessageContaining(says);
    }
}
