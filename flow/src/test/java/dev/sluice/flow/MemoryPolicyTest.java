package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.MemoryPolicy.TextEncoders;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Recomputation;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryPolicyTest {
    private static final List<String> TEXTS = List.of("a red circle", "", "two stars");

    private static FlowPipeline open(String model, MemoryPolicy memory) throws IOException {
        return FlowPipeline.open(Fixtures.path(model), Device.cpu(), memory, PromptReading.of(TEXTS));
    }

    private static NDArray velocity(FlowPipeline pipeline, NDManager owner, Conditioning conditioning) {
        NDArray latents = NoiseSource.of(1).gaussian(owner, latentShape(pipeline));
        return pipeline.velocityModel().velocity(latents, 0.6, conditioning);
    }

    private static Shape latentShape(FlowPipeline pipeline) {
        int side = 8 * pipeline.sizes().factor();
        return pipeline.video()
                ? pipeline.sizes().latentShape(1, 5, side, side)
                : pipeline.sizes().latentShape(1, side, side);
    }

    @ParameterizedTest
    @CsvSource({"sd3-pipeline", "flux-pipeline", "wan-pipeline"})
    void releasedTextEncodersSayTheSameOfKnownAndOfOtherTexts(String model) throws IOException {
        MemoryPolicy released = MemoryPolicy.PLAIN.withText(Precision.FLOAT32, TextEncoders.RELEASED);
        try (FlowPipeline kept = open(model, MemoryPolicy.PLAIN);
                FlowPipeline freed = open(model, released);
                NDManager scratch = Torch.newManager()) {
            assertThat(freed.usualTokens()).isEqualTo(kept.usualTokens());
            for (List<String> texts : List.of(TEXTS, List.of("two stars"), List.of("unknown", ""))) {
                Conditioning found = freed.encode(scratch, texts);
                Conditioning expected = kept.encode(scratch, texts);
                for (int i = 0; i < 2; i++) {
                    NDArray there = expected.arrays().get(i);
                    assertThat(found.arrays().get(i).getShape()).isEqualTo(there.getShape());
                    if (there.size() > 0) {
                        assertThat(Fixtures.relativeError(found.arrays().get(i), there))
                                .isLessThan(1e-5);
                    }
                }
            }
        }
    }

    /** Rounding steps are 2⁻⁸ and 2⁻¹¹; a few of them add up. */
    @ParameterizedTest
    @CsvSource({
        "sd3-pipeline, BFLOAT16, BFLOAT16, 0.04",
        "sd3-pipeline, BFLOAT16, FLOAT32, 0.04",
        "sd3-pipeline, FLOAT32, BFLOAT16, 0.04",
        "sd3-pipeline, FLOAT16, FLOAT16, 0.004",
        "flux-pipeline, BFLOAT16, FLOAT32, 0.04",
        "flux-pipeline, FLOAT16, FLOAT16, 0.004",
        "wan-pipeline, BFLOAT16, FLOAT32, 0.04",
        "wan-pipeline, FLOAT16, FLOAT16, 0.004"
    })
    void otherPrecisionsGiveTheVelocityToTheirRounding(
            String model, Precision weights, Precision compute, double tolerance) throws IOException {
        MemoryPolicy policy = new MemoryPolicy(weights, compute, Precision.FLOAT32, 0, TextEncoders.KEPT, false);
        try (FlowPipeline exact = open(model, MemoryPolicy.PLAIN);
                FlowPipeline rounded = open(model, policy);
                NDManager scratch = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            Conditioning conditioning = exact.encode(scratch, List.of("two stars"));
            NDArray expected = velocity(exact, scratch, conditioning);
            int before = scratch.getManagedArrays().size();
            NDArray found = velocity(rounded, scratch, conditioning);
            assertThat(scratch.getManagedArrays()).as("latents and velocity").hasSize(before + 2);
            assertThat(Fixtures.relativeError(found, expected)).isBetween(1e-6, tolerance);
        }
    }

    /** What is converted for a block belongs to the graph, so its gradient reaches the weight that is held. */
    @ParameterizedTest
    @CsvSource({"sd3-pipeline, 0", "sd3-pipeline, 2", "flux-pipeline, 1", "wan-pipeline, 99"})
    void gradientsReachWeightsThatAreConvertedForTheMoment(String model, int segments) throws IOException {
        MemoryPolicy policy = new MemoryPolicy(
                Precision.BFLOAT16, Precision.FLOAT32, Precision.FLOAT32, segments, TextEncoders.KEPT, false);
        try (FlowPipeline pipeline = open(model, policy);
                NDManager scratch = Torch.newManager();
                Torch.Scope tape = Recomputation.open();
                Torch.Scope recording = Torch.withGradient()) {
            String name = pipeline.transformerWeights().names().stream()
                    .filter(one -> one.contains("to_q.weight"))
                    .findFirst()
                    .orElseThrow();
            Conditioning conditioning = pipeline.encode(scratch, List.of("two stars"));
            try (Replica replica = new Replica(scratch, pipeline.transformerWeights(), Set.of(name))) {
                NDArray latents = NoiseSource.of(1).gaussian(scratch, latentShape(pipeline));
                NDArray velocity = pipeline.velocityModel(replica.weights()).velocity(latents, 0.6, conditioning);
                Torch.backward(velocity.mul(velocity).sum());
                NDArray wide =
                        scratch.zeros(pipeline.transformerWeights().get(name).getShape());
                replica.drain((which, gradient) -> InPlace.assign(wide, gradient));
                assertThat(wide.abs().max().getFloat()).isPositive();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"sd3-pipeline", "flux-pipeline", "wan-pipeline"})
    void textEncodersComputeInBfloat16(String model) throws IOException {
        MemoryPolicy policy = MemoryPolicy.PLAIN.withText(Precision.BFLOAT16, TextEncoders.RELEASED);
        try (FlowPipeline exact = open(model, MemoryPolicy.PLAIN);
                FlowPipeline rounded = open(model, policy);
                NDManager scratch = Torch.newManager()) {
            Conditioning expected = exact.encode(scratch, TEXTS);
            Conditioning found = rounded.encode(scratch, TEXTS);
            assertThat(Fixtures.relativeError(found.tokens(), expected.tokens()))
                    .isBetween(1e-5, 0.1);
        }
    }

    @Test
    void aNegativeNumberOfSegmentsIsRefused() {
        assertThatThrownBy(() -> new MemoryPolicy(
                        Precision.FLOAT32, Precision.FLOAT32, Precision.FLOAT32, -1, TextEncoders.KEPT, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("segments (-1)");
    }
}
