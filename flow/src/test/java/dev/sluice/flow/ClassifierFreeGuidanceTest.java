package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClassifierFreeGuidanceTest {
    private final NDManager manager = Torch.newManager();
    private final List<float[]> calls = new ArrayList<>();

    /** v = weight·pooled + σ, so that both halves, and the weight's gradient through each, are known. */
    private VelocityModel scaled(NDArray weight) {
        return (latents, sigmas, conditioning) -> {
            calls.add(conditioning.pooled().toFloatArray());
            return latents.mul(0f).add(conditioning.pooled().mul(weight)).add(sigmas.reshape(-1, 1));
        };
    }

    private Conditioning conditioning(float... pooled) {
        return new Conditioning(
                manager.zeros(new Shape(pooled.length, 2, 3)), manager.create(pooled, new Shape(pooled.length, 1)));
    }

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void oneCallWithTheUnconditionalHalfFirst() {
        VelocityModel guided = new ClassifierFreeGuidance(scaled(manager.create(1f)), conditioning(-1), 4.5);
        NDArray v = guided.velocity(manager.zeros(new Shape(2, 1)), 0.25, conditioning(3, 5));
        assertThat(calls).hasSize(1);
        assertThat(calls.get(0)).containsExactly(-1, -1, 3, 5);
        assertThat(v.toFloatArray()).containsExactly(-1 + 4.5f * 4 + 0.25f, -1 + 4.5f * 6 + 0.25f);
    }

    @Test
    void bothHalvesSeeThePictureOfTheirSample() {
        List<float[]> seen = new ArrayList<>();
        VelocityModel model = (latents, sigmas, conditioning) -> {
            seen.add(conditioning.picture().get(0).toFloatArray());
            return latents.mul(0f);
        };
        Conditioning pictures = conditioning(3, 5)
                .withEach(
                        manager,
                        List.of(List.of(manager.full(new Shape(1, 1), 7f)), List.of(manager.ones(new Shape(1, 1)))));
        new ClassifierFreeGuidance(model, conditioning(-1), 4.5)
                .velocity(manager.zeros(new Shape(2, 1)), 0.25, pictures);
        assertThat(seen).hasSize(1);
        assertThat(seen.get(0)).containsExactly(7, 1, 7, 1);
        assertThatThrownBy(() -> conditioning(1, 2).withEach(manager, List.of(List.of())))
                .hasMessage("pictures (1) must be as many as texts (2).");
    }

    @Test
    void scaleOneSkipsTheUnconditionalHalf() {
        VelocityModel guided = new ClassifierFreeGuidance(scaled(manager.create(1f)), conditioning(-1), 1);
        NDArray v = guided.velocity(manager.zeros(new Shape(2, 1)), 0.25, conditioning(3, 5));
        assertThat(calls.get(0)).containsExactly(3, 5);
        assertThat(v.toFloatArray()).containsExactly(3.25f, 5.25f);
    }

    @Test
    void theUnconditionalHalfCanBeDetached() {
        // d/dw of −w + 4.5(3w + w) is 4.5·4 − 1; without the unconditional half it is 4.5·3.
        assertThat(gradient(false)).isCloseTo(17f, within(1e-5f));
        assertThat(gradient(true)).isCloseTo(13.5f, within(1e-5f));
    }

    private float gradient(boolean detach) {
        NDArray weight = manager.create(new float[] {1f});
        weight.setRequiresGradient(true);
        VelocityModel guided = new ClassifierFreeGuidance(scaled(weight), conditioning(-1), 4.5, detach);
        try (Torch.Scope scope = Torch.withGradient()) {
            Torch.backward(guided.velocity(manager.zeros(new Shape(1, 1)), 0.5, conditioning(3))
                    .sum());
        }
        return weight.getGradient().toFloatArray()[0];
    }

    @Test
    void nothingStaysBehind() {
        VelocityModel guided =
                new ClassifierFreeGuidance((latents, sigmas, conditioning) -> latents.mul(2f), conditioning(-1), 3);
        Conditioning positive = conditioning(3, 5);
        NDArray x = manager.ones(new Shape(2, 1));
        int before = manager.getManagedArrays().size();
        guided.velocity(x, 0.5, positive).close();
        assertThat(manager.getManagedArrays()).hasSize(before);
    }

    @Test
    void wrongArgumentsAreRefused() {
        Conditioning two = conditioning(1, 2);
        VelocityModel model = scaled(manager.create(1f));
        assertThatThrownBy(() -> new ClassifierFreeGuidance(model, two, 2)).hasMessageContaining("negative (2 rows)");
        Conditioning one = conditioning(1);
        assertThatThrownBy(() -> new ClassifierFreeGuidance(model, one, Double.NaN))
                .hasMessageContaining("scale (NaN)");
    }
}
