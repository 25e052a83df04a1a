package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * FLUX.1 schnell from text to pixels against diffusers: 256 tokens, no guidance, a fixed shift of 1. The model is the tiny FLUX
 * pipeline less its guidance embedder, with the published scheduler.
 */
class FluxSchnellTest {
    private static final String CAT = "A photo of a cat, it's  riding a RED bicycle!";
    private static final Supplier<Conditioning> NEVER = () -> {
        throw new AssertionError("FLUX has no negative prompt.");
    };

    @TempDir
    private Path folder;

    @BeforeEach
    void assemble() throws IOException {
        FlowPipelineTest.copy(Fixtures.path("flux-pipeline"), folder);
        Path config = folder.resolve("transformer/config.json");
        String text = Files.readString(config);
        assertThat(text).contains("\"guidance_embeds\": true");
        Files.writeString(config, text.replace("\"guidance_embeds\": true", "\"guidance_embeds\": false"));
        try (NDManager manager = Torch.newManager();
                WeightFiles files = WeightFiles.open(Fixtures.path("flux-pipeline/transformer"));
                Weights weights = files.load(manager)) {
            Map<String, NDArray> kept = new HashMap<>(weights.asMap());
            assertThat(kept.keySet().removeIf(name -> name.contains("guidance_embedder")))
                    .isTrue();
            SafetensorsWriter.write(
                    folder.resolve("transformer/diffusion_pytorch_model.safetensors"),
                    kept,
                    Map.of(),
                    SafetensorsWriter.Storage.FLOAT32);
        }
        try (InputStream published = FlowPipeline.class.getResourceAsStream(
                "internal/families/flux.1-schnell/scheduler/scheduler_config.json")) {
            Files.write(folder.resolve("scheduler/scheduler_config.json"), published.readAllBytes());
        }
    }

    @Test
    void textBecomesTheSamePixelsAsInDiffusers() throws IOException {
        try (FlowPipeline pipeline = FlowPipeline.open(folder, Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("flux-schnell/golden.safetensors"));
                NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            assertThat(pipeline.usualTokens()).isEqualTo(256);
            assertThat(pipeline.takesNegativePrompt()).isFalse();
            Conditioning prompts = pipeline.encode(manager, List.of(CAT, PromptLengthsTest.tooLong()));
            Fixtures.assertEqual(golden, prompts.tokens(), "prompt_embeds", 1e-5);
            Fixtures.assertEqual(golden, prompts.pooled(), "pooled_prompt_embeds", 1e-5);
            VelocityModel network = pipeline.guidedModel(pipeline.transformerWeights(), NEVER, 1);
            float[] sigmas = golden.floats("sigmas");
            float[] timesteps = golden.floats("timesteps");
            TimeSchedule schedule = pipeline.sizes().schedule(timesteps.length, 48, 64);
            NDArray x = golden.read(manager, "latents.unpacked");
            NDArray steps = golden.read(manager, "latents.steps");
            for (int k = 0; k < timesteps.length; k++) {
                assertThat(schedule.sigma(k)).isCloseTo(sigmas[k], within(1e-6));
                assertThat(pipeline.scheduler().timestep(schedule.sigma(k))).isCloseTo(timesteps[k], within(1e-3));
                x = x.sub(network.velocity(x, schedule.sigma(k), prompts).mul(schedule.length(k)));
                assertThat(Fixtures.relativeError(packed(x), steps.get(new NDIndex("{}", k))))
                        .as("step %s", k)
                        .isLessThan(2e-5);
            }
            NDArray sampled = new OdeSampler(pipeline.solver(), schedule)
                    .sample(network, golden.read(manager, "latents.unpacked"), prompts);
            assertThat(Fixtures.relativeError(sampled, x)).isLessThan(1e-6);
            NDArray image = pipeline.decode(x);
            assertThat(image.getShape()).isEqualTo(new Shape(2, 3, 48, 64));
            Fixtures.assertEqual(golden, image, "image", 4e-5);
        }
    }

    /** Latents of 6·8 to 12 tokens of 16 numbers. */
    private static NDArray packed(NDArray latents) {
        return latents.reshape(2, 4, 3, 2, 4, 2).transpose(0, 2, 4, 1, 3, 5).reshape(2, 12, 16);
    }

    @Test
    void noScaleChangesWhatANetworkWithoutGuidanceSays() throws IOException {
        try (FlowPipeline pipeline = FlowPipeline.open(folder, Device.cpu());
                NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            Conditioning prompt = pipeline.encode(manager, List.of(CAT));
            NDArray latents = manager.ones(pipeline.sizes().latentShape(1, 32, 48));
            Weights weights = pipeline.transformerWeights();
            NDArray one = pipeline.guidedModel(weights, NEVER, 1).velocity(latents, 0.5, prompt);
            NDArray seven = pipeline.guidedModel(weights, NEVER, 7).velocity(latents, 0.5, prompt);
            assertThat(seven.toFloatArray()).isEqualTo(one.toFloatArray());
        }
    }
}
