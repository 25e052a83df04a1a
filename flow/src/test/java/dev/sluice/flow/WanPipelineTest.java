package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tiny Wan pipeline of the fixtures, from text to a video, against diffusers' values at every stage. */
class WanPipelineTest {
    private static final String PROMPT = "A photo of a cat, it's  riding a RED bicycle!";
    private static final int TOKENS = 22;
    private static final int STEPS = 5;
    private static final double SCALE = 5;

    private static FlowPipeline pipeline;
    private static SafetensorsFile golden;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() throws IOException {
        pipeline = FlowPipeline.open(Fixtures.path("wan-pipeline"), Device.cpu());
        golden = SafetensorsFile.open(Fixtures.path("wan-pipeline/golden.safetensors"));
    }

    @AfterAll
    static void close() throws IOException {
        golden.close();
        pipeline.close();
    }

    private static VelocityModel guided(NDManager manager) {
        return pipeline.guidedModel(
                pipeline.transformerWeights(), () -> pipeline.encode(manager, List.of("blurry"), TOKENS), SCALE);
    }

    @Test
    void promptEmbeddingsEqualDiffusersAndPaddingIsZero() throws IOException {
        try (NDManager manager = Torch.newManager()) {
            Conditioning prompt = pipeline.encode(manager, List.of(PROMPT), TOKENS);
            Fixtures.assertEqual(golden, prompt.tokens(), "prompt_embeds", 5e-6);
            Conditioning negative = pipeline.encode(manager, List.of("blurry"), TOKENS);
            Fixtures.assertEqual(golden, negative.tokens(), "negative_prompt_embeds", 5e-6);
            assertThat(negative.tokens().get("0,-1").abs().max().getFloat()).isZero();
            Conditioning both = pipeline.encode(manager, List.of(PROMPT, "blurry"), TOKENS);
            assertThat(Fixtures.relativeError(both.rows(manager, 1).tokens(), negative.tokens()))
                    .isLessThan(5e-6);
        }
    }

    @Test
    void textBecomesTheSameVideoAsInDiffusers() throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            Conditioning prompt = pipeline.encode(manager, List.of(PROMPT), TOKENS);
            VelocityModel guided = guided(manager);
            TimeSchedule schedule = pipeline.sizes().schedule(STEPS, 32, 48);
            float[] sigmas = golden.floats("sigmas");
            long[] timesteps = golden.longs("timesteps");
            NDArray x = golden.read(manager, "latents.initial");
            assertThat(pipeline.sizes().latentShape(1, 9, 32, 48)).isEqualTo(x.getShape());
            NDArray steps = golden.read(manager, "latents.steps");
            List<NDArray> memory = List.of();
            for (int k = 0; k < STEPS; k++) {
                assertThat(schedule.sigma(k)).isCloseTo(sigmas[k], within(1e-6));
                assertThat(pipeline.scheduler().timestep(schedule.sigma(k))).isEqualTo(timesteps[k]);
                OdeSolver.Step step =
                        pipeline.solver().step(guided, x, new OdeSolver.Position(schedule, k), prompt, memory);
                x = step.next();
                memory = step.memory();
                assertThat(Fixtures.relativeError(x, steps.get(new NDIndex("{}", k))))
                        .as("step %s", k)
                        .isLessThan(5e-5);
            }
            Fixtures.assertEqual(golden, x, "latents.final", 5e-5);
            NDArray sampled = new OdeSampler(pipeline.solver(), schedule)
                    .sample(guided, golden.read(manager, "latents.initial"), prompt);
            Fixtures.assertEqual(golden, sampled, "latents.final", 5e-5);
            NDArray video = pipeline.decode(x);
            assertThat(video.getShape()).isEqualTo(new Shape(1, 9, 3, 32, 48));
            Fixtures.assertEqual(golden, video, "image", 1e-3);
        }
    }

    @Test
    void theFoldersSolverIsTheUsualOne() throws IOException {
        assertThat(PictureSettings.of(pipeline, 5, 5, 1).solver()).isEqualTo(new UniPc());
        FlowPipelineTest.copy(Fixtures.path("wan-pipeline"), folder);
        Path scheduler = folder.resolve("scheduler/scheduler_config.json");
        Files.writeString(scheduler, Files.readString(scheduler).replace("\"bh2\"", "\"bh1\""));
        try (FlowPipeline other = FlowPipeline.open(folder, Device.cpu())) {
            assertThat(PictureSettings.of(other, 5, 5, 1).solver()).isEqualTo(new UniPc(2, UniPc.Form.BH1));
        }
    }

    @Test
    void withTheEulerSchedulerTooItIsDiffusers() throws IOException {
        FlowPipelineTest.copy(Fixtures.path("wan-pipeline"), folder);
        Files.writeString(
                folder.resolve("scheduler/scheduler_config.json"),
                "{\"_class_name\":\"FlowMatchEulerDiscreteScheduler\",\"shift\":3.0}");
        try (FlowPipeline other = FlowPipeline.open(folder, Device.cpu());
                NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            Conditioning prompt = other.encode(manager, List.of(PROMPT), TOKENS);
            VelocityModel guided = other.guidedModel(
                    other.transformerWeights(), () -> other.encode(manager, List.of("blurry"), TOKENS), SCALE);
            TimeSchedule schedule = other.sizes().schedule(STEPS, 32, 48);
            NDArray steps = golden.read(manager, "euler.latents.steps");
            NDArray x = golden.read(manager, "latents.initial");
            for (int k = 0; k < STEPS; k++) {
                x = other.solver()
                        .step(guided, x, new OdeSolver.Position(schedule, k), prompt, List.of())
                        .next();
                assertThat(Fixtures.relativeError(x, steps.get(new NDIndex("{}", k))))
                        .as("step %s", k)
                        .isLessThan(5e-5);
            }
            NDArray sampled = new OdeSampler(other.solver(), schedule)
                    .sample(guided, golden.read(manager, "latents.initial"), prompt);
            assertThat(Fixtures.relativeError(sampled, x)).isLessThan(1e-6);
        }
    }

    @Test
    void sizesAreThoseOfDiffusersPipeline() {
        assertThat(pipeline.video()).isTrue();
        assertThat(pipeline.sizes().defaultHeight()).isEqualTo(480);
        assertThat(pipeline.sizes().defaultWidth()).isEqualTo(832);
        assertThat(pipeline.sizes().latentShape(2, 480, 496)).isEqualTo(new Shape(2, 16, 21, 60, 62));
        assertThat(pipeline.usualTokens()).isEqualTo(512);
        assertThatThrownBy(() -> pipeline.sizes().latentShape(1, 8, 32, 48))
                .hasMessage("frames (8) must be 1 more than a multiple of 4.");
        assertThatThrownBy(() -> pipeline.sizes().latentShape(1, 9, 24, 48))
                .hasMessageContaining("must be a multiple of 16");
    }

    @ParameterizedTest
    @CsvSource({
        "model_index.json,\"expand_timesteps\": false,\"expand_timesteps\": true,expand_timesteps (true)",
        "model_index.json,\"WanPipeline\",\"WanVACEPipeline\",_class_name (WanVACEPipeline) must be one of",
        "transformer/config.json,\"added_kv_proj_dim\": null,\"added_kv_proj_dim\": 7,added_kv_proj_dim (7)",
        "transformer/config.json,\"in_channels\": 16,\"in_channels\": 36,needs (24; 36; 1; 2; 2)",
        "transformer/config.json,\"text_dim\": 20,\"text_dim\": 21,needs (24; 21)",
        "transformer/config.json,\"pos_embed_seq_len\": null,\"pos_embed_seq_len\": 5,pos_embed_seq_len must be null",
        "vae/config.json,\"is_residual\": false,\"is_residual\": true,is_residual (true)",
        "vae/config.json,\"z_dim\": 16,\"z_dim\": 15,latents_mean",
        "vae/config.json,\"AutoencoderKLWan\",\"AutoencoderKL\",the architecture (AutoencoderKL)",
        "scheduler/scheduler_config.json,\"solver_order\": 2,\"solver_order\": 3,solver_order (3) must be 1 or 2",
        "scheduler/scheduler_config.json,\"flow_prediction\",\"epsilon\",prediction_type (epsilon)",
        "text_encoder/config.json,\"UMT5EncoderModel\",\"BertModel\",the architecture (BertModel)"
    })
    void aBrokenFolderIsRefusedInOneSentence(String file, String text, String other, String says) throws IOException {
        FlowPipelineTest.copy(Fixtures.path("wan-pipeline"), folder);
        String content = Files.readString(folder.resolve(file));
        assertThat(content).contains(text);
        Files.writeString(folder.resolve(file), content.replace(text, other));
        assertThatThrownBy(() -> FlowPipeline.open(folder, Device.cpu()).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining(says.replace(';', ','));
    }

    @Test
    void aSecondNetworkThatIsNotThereIsRefused() throws IOException {
        FlowPipelineTest.copy(Fixtures.path("wan-pipeline"), folder);
        Path index = folder.resolve("model_index.json");
        String content = Files.readString(index);
        Files.writeString(
                index, content.replaceFirst("(\"transformer_2\": \\[\\s*)null,\\s*null", "$1\"diffusers\", \"Wan\""));
        assertThatThrownBy(() -> FlowPipeline.open(folder, Device.cpu()).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining("needs the component transformer_2");
    }
}
