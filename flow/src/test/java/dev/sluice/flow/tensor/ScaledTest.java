package dev.sluice.flow.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScaledTest {
    /** Factors that a graph keeps are its own: the JVM may reuse the memory they came from before the backward pass. */
    @Test
    void theGradientIsTheFactorWhateverTheGarbageCollectorDoes() {
        try (NDManager manager = Torch.newManager();
                Torch.Scope on = Torch.withGradient()) {
            List<NDArray> inputs = new ArrayList<>();
            List<NDArray> outputs = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                NDArray x = manager.create(new float[] {1, 2});
                x.setRequiresGradient(true);
                inputs.add(x);
                outputs.add(Torch.scaled(x, 3.25));
            }
            reuseTheMemory();
            for (int i = 0; i < 500; i++) {
                assertThat(outputs.get(i).toFloatArray()).containsExactly(3.25f, 6.5f);
                Torch.backward(outputs.get(i).sum());
                assertThat(inputs.get(i).getGradient().toFloatArray())
                        .as("array %s", i)
                        .containsExactly(3.25f, 3.25f);
            }
        }
    }

    private static void reuseTheMemory() {
        List<ByteBuffer> others = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            System.gc();
            for (int k = 0; k < 5000; k++) {
                others.add(ByteBuffer.allocateDirect(8).putDouble(0, -1e30));
            }
        }
        assertThat(others).hasSize(15_000);
    }
}
