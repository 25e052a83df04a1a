package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tiny SD3 pipeline of the fixtures, from text to pixels, against diffusers' values at every stage. */
class FlowPipelineTest {
    private static final List<String> PROMPTS =
            List.of("A photo of a cat, it's  riding a RED bicycle!", "two dogs & 3 caf\u00e9 tables");
    private static final int TOKENS = 24;
    private static final int STEPS = 6;
    private static final double SCALE = 4.5;

    private static FlowPipeline pipeline;
    private static SafetensorsFile golden;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() throws IOException {
        pipeline = FlowPipeline.open(Fixtures.path("sd3-pipeline"), Device.cpu());
        golden = SafetensorsFile.open(Fixtures.path("sd3-pipeline/golden.safetensors"));
    }

    @AfterAll
    static void close() throws IOException {
        golden.close();
        pipeline.close();
    }

    @Test
    void promptEmbeddingsEqualDiffusers() throws IOException {
        try (NDManager manager = Torch.newManager()) {
            Conditioning prompts = pipeline.encode(manager, PROMPTS, TOKENS);
            Fixtures.assertEqual(golden, prompts.tokens(), "prompt_embeds", 5e-6);
            Fixtures.assertEqual(golden, prompts.pooled(), "pooled_prompt_embeds", 5e-6);
            Conditioning negative = pipeline.encode(manager, List.of("blurry", "blurry"), TOKENS);
            Fixtures.assertEqual(golden, negative.tokens(), "negative_prompt_embeds", 5e-6);
            Fixtures.assertEqual(golden, negative.pooled(), "negative_pooled_prompt_embeds", 5e-6);
        }
    }

    @Test
    void textBecomesTheSamePixelsAsInDiffusers() throws IOException {
        try (NDManager manager = Torch.newManager()) {
            Conditioning prompts = pipeline.encode(manager, PROMPTS, TOKENS);
            Conditioning negative = pipeline.encode(manager, List.of("blurry"), TOKENS);
            VelocityModel guided = new ClassifierFreeGuidance(pipeline.velocityModel(), negative, SCALE);
            TimeSchedule schedule = pipeline.sizes().schedule(STEPS, 48, 64);
            float[] timesteps = golden.floats("timesteps");
            NDArray x = golden.read(manager, "latents.initial");
            assertThat(pipeline.sizes().latentShape(2, 48, 64)).isEqualTo(x.getShape());
            NDArray steps = golden.read(manager, "latents.steps");
            try (Torch.Scope ignored = Torch.noGradient()) {
                for (int k = 0; k < STEPS; k++) {
                    assertThat(pipeline.scheduler().timestep(schedule.sigma(k)))
                            .isCloseTo(timesteps[k], org.assertj.core.data.Offset.offset(1e-3));
                    NDArray v = guided.velocity(x, schedule.sigma(k), prompts);
                    x = x.sub(v.mul(schedule.length(k)));
                    assertThat(Fixtures.relativeError(x, steps.get(new NDIndex("{}", k))))
                            .as("step %s", k)
                            .isLessThan(1e-5);
                }
                Fixtures.assertEqual(golden, x, "latents.final", 1e-5);
                NDArray sampled =
                        new OdeSampler(schedule).sample(guided, golden.read(manager, "latents.initial"), prompts);
                Fixtures.assertEqual(golden, sampled, "latents.final", 1e-5);
                NDArray image = pipeline.decode(x);
                assertThat(image.getShape()).isEqualTo(new Shape(2, 3, 48, 64));
                Fixtures.assertEqual(golden, image, "image", 2e-5);
            }
        }
    }

    @Test
    void aResultMayEnterAGraphLater() {
        try (NDManager manager = Torch.newManager()) {
            Conditioning prompts = pipeline.encode(manager, List.of("a"), 4);
            NDArray weight = pipeline.transformerWeights().get("proj_out.weight");
            weight.setRequiresGradient(true);
            try (Torch.Scope graph = Torch.withGradient()) {
                NDArray latents = manager.ones(pipeline.sizes().latentShape(1, 16, 16));
                NDArray v = pipeline.velocityModel().velocity(latents, 0.5, prompts);
                Torch.backward(v.mul(v).sum());
                assertThat(weight.getGradient().abs().sum().getFloat()).isPositive();
            } finally {
                weight.setRequiresGradient(false);
            }
        }
    }

    @Test
    void encodingTextsTogetherOrAloneIsTheSame() {
        try (NDManager manager = Torch.newManager()) {
            Conditioning both = pipeline.encode(manager, PROMPTS, TOKENS);
            Conditioning second = pipeline.encode(manager, PROMPTS.subList(1, 2), TOKENS);
            assertThat(Fixtures.relativeError(
                            second.tokens(), both.rows(manager, 1).tokens()))
                    .isLessThan(2e-6);
        }
    }

    @Test
    void onlyTheResultsOutliveTheCall() {
        try (NDManager manager = Torch.newManager()) {
            int weights = pipeline.manager().getManagedArrays().size();
            pipeline.decode(manager.zeros(pipeline.sizes().latentShape(1, 16, 16)));
            assertThat(manager.getManagedArrays()).hasSize(2);
            pipeline.encode(manager, PROMPTS, TOKENS);
            assertThat(manager.getManagedArrays()).hasSize(4);
            assertThat(pipeline.manager().getManagedArrays()).hasSize(weights);
        }
    }

    @Test
    void sizesComeFromTheFolder() {
        assertThat(pipeline.sizes().defaultHeight()).isEqualTo(64);
        assertThat(pipeline.usualTokens()).isEqualTo(256);
        assertThat(pipeline.sizes().latentShape(3, 32, 128)).isEqualTo(new Shape(3, 16, 4, 16));
        for (int height : new int[] {0, 8, 24, 144, -16}) {
            assertThatThrownBy(() -> pipeline.sizes().latentShape(1, height, 16))
                    .hasMessage("height (%s) must be a multiple of 16, at most 128.".formatted(height));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "model_index.json,,has no model_index.json",
        "model_index.json,{,not valid JSON",
        "model_index.json,{},needs the component scheduler",
        "scheduler/scheduler_config.json,,is not there",
        "scheduler/scheduler_config.json,{\"_class_name\":\"Euler\"},_class_name (Euler)",
        "scheduler/scheduler_config.json,{\"num_train_timesteps\":500},must be 1000",
        "transformer/config.json,{\"_class_name\":\"FluxTransformer2DModel\"},the architecture (FluxTransformer2DModel)",
        "transformer/config.json,{},names no architecture",
        "transformer/config.json,{\"_class_name\":\"SD3Transformer2DModel\"},with this config.json needs",
        "transformer/config.json,{\"_class_name\":\"SD3Transformer2DModel\";\"num_layers\":0},must be at least 1",
        "transformer/config.json,{\"_class_name\":\"SD3Transformer2DModel\";\"num_layers\":\"two\"},must be an integer",
        "transformer/config.json,{\"_class_name\":\"SD3Transformer2DModel\";\"qk_norm\":\"layer_norm\"},qk_norm",
        "transformer/diffusion_pytorch_model.safetensors,,has no weights",
        "vae/config.json,{\"_class_name\":\"AutoencoderKLWan\"},the architecture (AutoencoderKLWan)",
        "vae/diffusion_pytorch_model.safetensors,x,has 1 bytes",
        "text_encoder/config.json,{\"architectures\":[\"BertModel\"]},the architecture (BertModel)",
        "text_encoder_3/model.safetensors,version https://git-lfs.github.com/spec/v1,Git LFS pointer",
        "tokenizer/merges.txt,,has no tokenizer",
        "tokenizer_2/vocab.json,{},has no token",
        "tokenizer_3/tokenizer.json,{},no token <pad>"
    })
    void aBrokenFolderIsRefusedInOneSentence(String file, String content, String says) throws IOException {
        copy(Fixtures.path("sd3-pipeline"), folder);
        if (content == null) {
            Files.delete(folder.resolve(file));
        } else {
            Files.writeString(folder.resolve(file), content.replace(';', ','));
        }
        assertThatThrownBy(() -> FlowPipeline.open(folder, Device.cpu()).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining(says);
    }

    @Test
    void textEncodersThatDoNotFitTheTransformerAreRefused() throws IOException {
        copy(Fixtures.path("sd3-pipeline"), folder);
        String index = Files.readString(folder.resolve("model_index.json"));
        Files.writeString(folder.resolve("model_index.json"), index.replace("\"CLIPTextModelWithProjection\"", "null"));
        assertThatThrownBy(() -> FlowPipeline.open(folder, Device.cpu()).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining(
                        "the pooled text vector (40) must be the transformer's pooled_projection_dim (26)");
    }

    @Test
    void aMissingT5EncoderGivesZeros() throws IOException {
        copy(Fixtures.path("sd3-pipeline"), folder);
        String index = Files.readString(folder.resolve("model_index.json"));
        Files.writeString(folder.resolve("model_index.json"), index.replace("\"T5EncoderModel\"", "null"));
        try (FlowPipeline without = FlowPipeline.open(folder, Device.cpu());
                NDManager manager = Torch.newManager()) {
            Conditioning with = pipeline.encode(manager, PROMPTS, TOKENS);
            Conditioning found = without.encode(manager, PROMPTS, TOKENS);
            assertThat(found.pooled().toFloatArray()).isEqualTo(with.pooled().toFloatArray());
            assertThat(found.tokens().getShape()).isEqualTo(with.tokens().getShape());
            assertThat(found.tokens().get(new NDIndex(":,77:")).abs().max().getFloat())
                    .isZero();
        }
    }

    @Test
    void aSavedModelIsTheModelWithItsLiveWeights() throws IOException {
        Path saved = folder.resolve("saved");
        try (FlowPipeline changed = FlowPipeline.open(Fixtures.path("sd3-pipeline"), Device.cpu());
                NDManager manager = Torch.newManager()) {
            changed.transformerWeights().get("proj_out.bias").addi(0.5f);
            changed.save(saved, SafetensorsWriter.Storage.FLOAT32);
            changed.save(saved, SafetensorsWriter.Storage.FLOAT32);
            Conditioning prompts = changed.encode(manager, PROMPTS, TOKENS);
            NDArray latents = golden.read(manager, "latents.initial");
            float[] expected =
                    changed.velocityModel().velocity(latents, 0.5, prompts).toFloatArray();
            try (FlowPipeline again = FlowPipeline.open(saved, Device.cpu())) {
                assertThat(again.velocityModel()
                                .velocity(latents, 0.5, again.encode(manager, PROMPTS, TOKENS))
                                .toFloatArray())
                        .isEqualTo(expected);
                assertThatThrownBy(() -> again.save(saved, SafetensorsWriter.Storage.FLOAT16))
                        .hasMessageContaining("must not be the folder");
            }
            assertThat(pipeline.velocityModel().velocity(latents, 0.5, prompts).toFloatArray())
                    .isNotEqualTo(expected);
        }
    }

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }
}
