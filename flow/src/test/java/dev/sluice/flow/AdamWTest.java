package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.Torch;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AdamWTest {
    private static final AdamW.Options OPTIONS = new AdamW.Options(0.01, 0.9, 0.99, 1e-8, 0.1, 1.0);

    /** The published update written out, in double precision. */
    @Test
    void followsThePublishedFormulaOverSeveralSteps() {
        float[] start = {0.5f, -1f, 2f};
        float[][] gradients = {{0.1f, -0.2f, 0.05f}, {3f, 4f, 0f}, {0f, 0f, 0f}, {-0.3f, 0.1f, 0.7f}};
        double[] p = {0.5, -1, 2};
        double[] m = new double[3];
        double[] v = new double[3];
        try (NDManager manager = Torch.newManager()) {
            NDArray parameter = manager.create(start);
            try (AdamW adamW = new AdamW(manager, Map.of("x", parameter), OPTIONS)) {
                for (int n = 1; n <= gradients.length; n++) {
                    float[] g = gradients[n - 1];
                    double norm = Math.sqrt(g[0] * g[0] + g[1] * g[1] + g[2] * g[2]);
                    double factor = Math.min(1, 1 / (norm + 1e-6));
                    for (int i = 0; i < 3; i++) {
                        p[i] -= 0.01 * 0.1 * p[i];
                        m[i] = 0.9 * m[i] + 0.1 * factor * g[i];
                        v[i] = 0.99 * v[i] + 0.01 * factor * g[i] * factor * g[i];
                        p[i] -= 0.01
                                * (m[i] / (1 - Math.pow(0.9, n)))
                                / (Math.sqrt(v[i] / (1 - Math.pow(0.99, n))) + 1e-8);
                    }
                    double returned = adamW.step(Map.of("x", manager.create(g)));
                    assertThat(returned).isCloseTo(norm, within(1e-6));
                    float[] found = parameter.toFloatArray();
                    for (int i = 0; i < 3; i++) {
                        assertThat((double) found[i])
                                .as("step %s, element %s", n, i)
                                .isCloseTo(p[i], within(1e-6));
                    }
                }
            }
        }
    }

    @Test
    void aGradientThatIsNotFiniteChangesNothing() {
        try (NDManager manager = Torch.newManager()) {
            NDArray parameter = manager.create(new float[] {1, 2});
            try (AdamW adamW = new AdamW(manager, Map.of("x", parameter), OPTIONS)) {
                assertThat(adamW.step(Map.of("x", manager.create(new float[] {Float.NaN, 1}))))
                        .isNaN();
                assertThat(parameter.toFloatArray()).containsExactly(1, 2);
                assertThat(adamW.steps()).isZero();
            }
        }
    }

    @Test
    void stepsLeaveNoArraysBehind() {
        try (NDManager manager = Torch.newManager()) {
            NDArray parameter = manager.create(new float[] {1, 2});
            NDArray gradient = manager.create(new float[] {1, 2});
            try (AdamW adamW = new AdamW(manager, Map.of("x", parameter), OPTIONS)) {
                int before = manager.getManagedArrays().size();
                for (int i = 0; i < 50; i++) {
                    adamW.step(Map.of("x", gradient));
                }
                assertThat(manager.getManagedArrays()).hasSize(before);
            }
        }
    }
}
