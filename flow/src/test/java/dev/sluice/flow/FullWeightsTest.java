package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.MemoryPolicy.TextEncoders;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FullWeightsTest {
    private static final String BIAS = "proj_out.bias";
    private static final int STEPS = 64;

    /** An eighth of half the distance from 1 to the next bfloat16 below it, 2⁻⁸: a single step is lost in rounding. */
    private static final double RATE = 0x1p-12;

    private static NDArray wide(NDManager manager, NDArray array) {
        NDArray copy = manager.zeros(array.getShape());
        InPlace.assign(copy, array);
        return copy;
    }

    /**
     * The gradient of Σ velocity is the same for all of a bias, so that Adam steps by the rate: 64 steps are four bfloat16 numbers
     * below 1.
     */
    @Test
    void masterWeightsCollectUpdatesThatAreTooSmallForBfloat16() throws IOException {
        MemoryPolicy policy =
                new MemoryPolicy(Precision.BFLOAT16, Precision.FLOAT32, Precision.FLOAT32, 0, TextEncoders.KEPT, false);
        AdamW.Options adam = new AdamW.Options(RATE, 0.9, 0.999, 1e-12, 0, 1e9);
        try (FlowPipeline pipeline = FlowPipeline.open(Fixtures.path("sd3-pipeline"), Device.cpu(), policy);
                NDManager manager = Torch.newManager()) {
            Weights weights = pipeline.transformerWeights();
            Shape shape = weights.get(BIAS).getShape();
            InPlace.assign(weights.get(BIAS), manager.ones(shape));
            NDArray withoutMasters = InPlace.copy(manager, weights.get(BIAS));
            Conditioning prompt = pipeline.encode(manager, List.of("a"), 4);
            NDArray latents =
                    NoiseSource.of(1).gaussian(manager, pipeline.sizes().latentShape(1, 32, 32));
            NDArray before = velocity(pipeline, latents, prompt);
            try (FullWeights trained = new FullWeights(manager, weights, BIAS::equals);
                    AdamW optimiser = new AdamW(manager, trained.parameters(), adam)) {
                for (int step = 0; step < STEPS; step++) {
                    learn(pipeline, trained, latents, prompt);
                    optimiser.step(trained.gradients());
                    trained.fold();
                    InPlace.assign(withoutMasters, wide(manager, withoutMasters).sub((float) RATE));
                }
                for (float master : trained.parameters().get(BIAS).toFloatArray()) {
                    assertThat(master).isCloseTo((float) (1 - STEPS * RATE), within(1e-5f));
                }
                assertThat(wide(manager, weights.get(BIAS)).toFloatArray()).containsOnly((float) (1 - STEPS * RATE));
                assertThat(wide(manager, trained.reference().get(BIAS)).toFloatArray())
                        .containsOnly(1f);
                assertThat(wide(manager, withoutMasters).toFloatArray())
                        .as("each step rounded away")
                        .containsOnly(1f);
                // The bias is added last, so the network's answer moves by as much.
                float[] moved = velocity(pipeline, latents, prompt).sub(before).toFloatArray();
                for (float by : moved) {
                    assertThat(by).isCloseTo((float) (-STEPS * RATE), within(1e-5f));
                }
            }
        }
    }

    private static NDArray velocity(FlowPipeline pipeline, NDArray latents, Conditioning prompt) {
        try (Torch.Scope off = Torch.noGradient()) {
            return pipeline.velocityModel().velocity(latents, 0.5, prompt);
        }
    }

    private static void learn(FlowPipeline pipeline, FullWeights trained, NDArray latents, Conditioning prompt) {
        try (NDManager scratch = latents.getManager().newSubManager();
                Torch.Scope recording = Torch.withGradient();
                Replica replica = trained.replica(scratch)) {
            trained.zeroGradients();
            NDArray x = InPlace.copy(scratch, latents);
            Torch.backward(pipeline.velocityModel(replica.weights())
                    .velocity(x, 0.5, prompt)
                    .sum());
            trained.pullBack(replica);
        }
    }

    @Test
    void gradientsAndMastersAreFloat32WhateverTheWeightsAre() {
        try (NDManager manager = Torch.newManager();
                Weights weights = new Weights(manager)) {
            weights.put("w", manager.create(new float[] {1, -3, 0.3f}));
            weights.round(Precision.BFLOAT16);
            try (FullWeights trained = new FullWeights(manager, weights, name -> true)) {
                float rounded = trained.parameters().get("w").toFloatArray()[2];
                assertThat(rounded).isNotEqualTo(0.3f).isCloseTo(0.3f, within(1e-3f));
                trained.gradients().get("w").addi(1e-6f);
                assertThat(trained.gradients().get("w").toFloatArray()).containsOnly(1e-6f);
                trained.fold(Map.of("w", manager.create(new float[] {2, 1 + 0x1p-12f, 0})));
                assertThat(wide(manager, weights.get("w")).toFloatArray()).containsExactly(2, 1, 0);
                assertThat(wide(manager, trained.reference().get("w")).toFloatArray())
                        .containsExactly(1, -3, rounded);
            }
        }
    }
}
