package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tiny FLUX pipeline of the fixtures, from text to pixels, against diffusers' values at every stage. */
class FluxPipelineTest {
    private static final List<String> PROMPTS =
            List.of("A photo of a cat, it's  riding a RED bicycle!", "two dogs & 3 caf\u00e9 tables");
    private static final int TOKENS = 18;
    private static final int STEPS = 6;
    private static final double SCALE = 3.5;

    private static FlowPipeline pipeline;
    private static SafetensorsFile golden;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() throws IOException {
        pipeline = FlowPipeline.open(Fixtures.path("flux-pipeline"), Device.cpu());
        golden = SafetensorsFile.open(Fixtures.path("flux-pipeline/golden.safetensors"));
    }

    @AfterAll
    static void close() throws IOException {
        golden.close();
        pipeline.close();
    }

    /** Latents of 6·8 to 12 tokens of 16 numbers. */
    private static NDArray packed(NDArray latents) {
        return latents.reshape(2, 4, 3, 2, 4, 2).transpose(0, 2, 4, 1, 3, 5).reshape(2, 12, 16);
    }

    private static VelocityModel guided(double scale) {
        return pipeline.guidedModel(
                pipeline.transformerWeights(),
                () -> {
                    throw new AssertionError("FLUX has no negative prompt.");
                },
                scale);
    }

    @Test
    void promptEmbeddingsEqualDiffusers() throws IOException {
        try (NDManager manager = Torch.newManager()) {
            Conditioning prompts = pipeline.encode(manager, PROMPTS, TOKENS);
            Fixtures.assertEqual(golden, prompts.tokens(), "prompt_embeds", 5e-6);
            Fixtures.assertEqual(golden, prompts.pooled(), "pooled_prompt_embeds", 5e-6);
        }
    }

    @Test
    void textBecomesTheSamePixelsAsInDiffusers() throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            Conditioning prompts = pipeline.encode(manager, PROMPTS, TOKENS);
            VelocityModel guided = guided(SCALE);
            TimeSchedule schedule = pipeline.sizes().schedule(STEPS, 48, 64);
            float[] sigmas = golden.floats("sigmas");
            float[] timesteps = golden.floats("timesteps");
            NDArray x = golden.read(manager, "latents.unpacked");
            assertThat(pipeline.sizes().latentShape(2, 48, 64)).isEqualTo(x.getShape());
            Fixtures.assertEqual(golden, packed(x), "latents.initial", 1e-9);
            NDArray steps = golden.read(manager, "latents.steps");
            for (int k = 0; k < STEPS; k++) {
                assertThat(schedule.sigma(k)).isCloseTo(sigmas[k], within(1e-6));
                assertThat(pipeline.scheduler().timestep(schedule.sigma(k))).isCloseTo(timesteps[k], within(1e-3));
                x = x.sub(guided.velocity(x, schedule.sigma(k), prompts).mul(schedule.length(k)));
                assertThat(Fixtures.relativeError(packed(x), steps.get(new NDIndex("{}", k))))
                        .as("step %s", k)
                        .isLessThan(2e-5);
            }
            Fixtures.assertEqual(golden, packed(x), "latents.final", 2e-5);
            NDArray image = pipeline.decode(x);
            assertThat(image.getShape()).isEqualTo(new Shape(2, 3, 48, 64));
            Fixtures.assertEqual(golden, image, "image", 4e-5);
        }
    }

    @Test
    void theScaleIsToldToTheNetworkAlsoOverOtherWeights() {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            Conditioning prompt = pipeline.encode(manager, PROMPTS.subList(0, 1), TOKENS);
            NDArray latents = manager.ones(pipeline.sizes().latentShape(1, 32, 48));
            NDArray one = guided(1).velocity(latents, 0.5, prompt);
            NDArray seven = guided(7).velocity(latents, 0.5, prompt);
            assertThat(Fixtures.relativeError(seven, one)).isGreaterThan(1e-3);
            assertThat(pipeline.velocityModel().velocity(latents, 0.5, prompt).toFloatArray())
                    .isEqualTo(one.toFloatArray());
            NDArray other = pipeline.guidedModel(pipeline.transformerWeights().with(manager, Map.of()), () -> prompt, 7)
                    .velocity(latents, 0.5, prompt);
            assertThat(other.toFloatArray()).isEqualTo(seven.toFloatArray());
        }
    }

    /** All layers of both kinds of blocks that SD3's names match; those of Wan have names of their own. */
    @ParameterizedTest
    @CsvSource({"flux-pipeline, 11, attn.to_q", "wan-pipeline, 8, attn1.to_q"})
    void adaptersTrainOnOtherFamilies(String model, int layers, String one) throws IOException {
        List<String> targets = model.startsWith("flux")
                ? LoraAdapter.Options.SD3_ATTENTION
                : List.of("attn1.to_q", "attn1.to_v", "attn2.to_k", "attn2.to_out.0");
        try (FlowPipeline other = FlowPipeline.open(Fixtures.path(model), Device.cpu());
                NDManager manager = Torch.newManager();
                Torch.Scope recording = Torch.withGradient()) {
            LoraAdapter adapter = new LoraAdapter(
                    manager, other.transformerWeights(), new LoraAdapter.Options(2, 4, targets), NoiseSource.of(1));
            assertThat(adapter.layers()).hasSize(layers).anyMatch(layer -> layer.endsWith(one));
            adapter.fold();
            NDArray latents =
                    NoiseSource.of(2).gaussian(manager, other.sizes().latentShape(1, other.video() ? 5 : 1, 32, 32));
            Conditioning prompt = other.encode(manager, PROMPTS.subList(0, 1), TOKENS);
            NDArray plain =
                    other.guidedModel(adapter.reference(), () -> prompt, 1).velocity(latents, 0.5, prompt);
            Replica replica = adapter.replica(manager);
            NDArray out = other.guidedModel(replica.weights(), () -> prompt, 1).velocity(latents, 0.5, prompt);
            assertThat(out.toFloatArray()).isEqualTo(plain.toFloatArray());
            Torch.backward(out.mul(out).sum());
            adapter.pullBack(replica);
            for (String layer : adapter.layers()) {
                NDArray gradient = adapter.gradients().get("base_model.model." + layer + ".lora_B.weight");
                assertThat(gradient.abs().max().getFloat()).as(layer).isPositive();
            }
        }
    }

    @Test
    void picturesAreMadeFromSeeds() {
        PictureSettings settings = new PictureSettings(2, new OdeSolver.Euler(), SCALE, "", 32, 64, 2);
        PictureSampler sampler = new PictureSampler(pipeline, settings);
        float[][] found = new float[3][];
        try (Lanes lanes = new Lanes(1)) {
            sampler.sample(
                    lanes,
                    List.of(
                            new PictureSampler.Request("a cat", 1),
                            new PictureSampler.Request("a cat", 2),
                            new PictureSampler.Request("a dog", 1)),
                    (first, pictures) -> {
                        assertThat(pictures.getShape().slice(1)).isEqualTo(new Shape(3, 32, 64));
                        for (int i = 0; i < pictures.getShape().get(0); i++) {
                            found[first + i] = pictures.get(i).toFloatArray();
                        }
                    },
                    StepListener.NONE);
        }
        assertThat(found[0]).isNotEqualTo(found[1]);
        assertThat(found[0]).isNotEqualTo(found[2]);
    }

    @Test
    void aNegativePromptIsRefused() {
        PictureSettings settings = new PictureSettings(2, new OdeSolver.Euler(), SCALE, "blurry", 32, 64, 2);
        assertThatThrownBy(() -> new PictureSampler(pipeline, settings))
                .hasMessage("negativePrompt (blurry) must be empty, because this model's guidance has none.");
    }

    @Test
    void sizesAreThoseOfDiffusersPipeline() {
        assertThat(pipeline.sizes().defaultHeight()).isEqualTo(1024);
        assertThat(pipeline.sizes().factor()).isEqualTo(8);
        assertThat(pipeline.usualTokens()).isEqualTo(512);
        assertThatThrownBy(() -> pipeline.sizes().latentShape(1, 24, 32))
                .hasMessageContaining("must be a multiple of 16");
    }

    /** FLUX.1 schnell's scheduler has a fixed shift of 1; its pipeline still passes 1 … 1/N. */
    @Test
    void aFixedShiftIsAppliedOnceToEvenLevels() throws IOException {
        FlowPipelineTest.copy(Fixtures.path("flux-pipeline"), folder);
        for (int shift : new int[] {1, 3}) {
            Files.writeString(
                    folder.resolve("scheduler/scheduler_config.json"),
                    "{\"_class_name\":\"FlowMatchEulerDiscreteScheduler\",\"shift\":%s.0}".formatted(shift));
            try (FlowPipeline other = FlowPipeline.open(folder, Device.cpu())) {
                double[] found = other.sizes().schedule(4, 32, 32).sigmas();
                double[] even = {1, 0.75, 0.5, 0.25, 0};
                for (int k = 0; k < 5; k++) {
                    assertThat(found[k]).isCloseTo(TimeSchedule.shifted(even[k], shift), within(1e-12));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "model_index.json,\"FluxPipeline\",\"KandinskyPipeline\",_class_name (KandinskyPipeline) must be one of [Stable",
        "model_index.json,\"CLIPTextModel\",null,needs the component text_encoder",
        "transformer/config.json,\"pooled_projection_dim\": 16,\"pooled_projection_dim\": 17,needs (24; 17)",
        "transformer/config.json,\"guidance_embeds\": true,\"guidance_embeds\": 1,guidance_embeds (1) must be true or false",
        "transformer/config.json,\"patch_size\": 1,\"patch_size\": 2,patch_size (2) must be 1",
        "transformer/config.json,\"out_channels\": null,\"out_channels\": 8,out_channels (8) must be 16",
        "vae/config.json,\"latent_channels\": 4,\"latent_channels\": 5,needs (10; 8; 3; 3)",
        "text_encoder/config.json,\"vocab_size\": 574,\"vocab_size\": 500,needs (500; 16)",
        "text_encoder_2/config.json,\"d_model\": 20,\"d_model\": 22,needs (165; 22)",
    })
    void aBrokenFolderIsRefusedInOneSentence(String file, String text, String other, String says) throws IOException {
        FlowPipelineTest.copy(Fixtures.path("flux-pipeline"), folder);
        String content = Files.readString(folder.resolve(file));
        assertThat(content).contains(text);
        Files.writeString(folder.resolve(file), content.replace(text, other));
        assertThatThrownBy(() -> FlowPipeline.open(folder, Device.cpu()).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining(says.replace(';', ','));
    }

    @ParameterizedTest
    @CsvSource({"tokenizer,\"<|endoftext|>\":,has 601 tokens, 600", "tokenizer_2,\"id\": 1,has 1001 tokens,1000"})
    void aTokenizerLargerThanTheEmbeddingIsRefused(String tokenizer, String token, String says, int id)
            throws IOException {
        FlowPipelineTest.copy(Fixtures.path("flux-pipeline"), folder);
        Path file = folder.resolve(tokenizer).resolve(tokenizer.equals("tokenizer") ? "vocab.json" : "tokenizer.json");
        String content = Files.readString(file);
        assertThat(content).contains(token);
        String changed = tokenizer.equals("tokenizer")
                ? content.replaceFirst("\\{", "{\"zzzz</w>\": " + id + ", ")
                : content.replace(
                        "\"added_tokens\": [",
                        "\"added_tokens\": [{\"id\": " + id
                                + ", \"content\": \"<more>\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false,"
                                + " \"normalized\": false, \"special\": true},");
        assertThat(changed).isNotEqualTo(content);
        Files.writeString(file, changed);
        assertThatThrownBy(() -> FlowPipeline.open(folder, Device.cpu()).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining(folder.resolve(tokenizer).toString())
                .hasMessageContaining(says);
    }
}
