package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.OperatingSystemMXBean;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.ModelWork;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.lang.management.ManagementFactory;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The share of the matrix-product peak that a pass forward and back reaches, by the network's width. One thread, and the
 * processor's time instead of the clock's, so that other programs on the machine matter little.
 */
@Tag("bench")
class Sd3ShareOfPeakTest {
    private static final int SIZE = 2048;
    private static final int REPEATS = 6;
    private static final int WORDS = 10;

    private static double seconds() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime() * 1e-9;
    }

    private static double best(int tries, double operations, Runnable work) {
        double best = 0;
        for (int i = 0; i < tries; i++) {
            double start = seconds();
            work.run();
            best = Math.max(best, operations / (seconds() - start));
        }
        return best;
    }

    @ParameterizedTest
    @CsvSource({"4, 32, 5, 16", "12, 64, 2, 4", "24, 64, 1, 2"})
    void shareOfThePeak(int heads, int headSize, int layers, int batch) {
        Torch.threads(1);
        Sd3Config config = new Sd3Config(32, 4, 3, layers, headSize, heads, 64, 64, 3, 8, Set.of(), true);
        try (NDManager manager = Torch.newManager();
                Weights weights = Sd3Init.weights(manager, config, NoiseSource.of(1))) {
            weights.asMap()
                    .forEach((name, array) -> array.setRequiresGradient(
                            name.endsWith(".weight") && name.contains(".attn.") && !name.contains("norm")));
            ModelWork work = Sd3Work.of(config, layer -> layer.contains(".attn."), 64, WORDS);
            Sd3Transformer model = new Sd3Transformer(config, weights);
            Conditioning conditioning = new Conditioning(
                    NoiseSource.of(2).gaussian(manager, new Shape(batch, WORDS, 64)),
                    NoiseSource.of(3).gaussian(manager, new Shape(batch, 64)));
            double rate = best(4, REPEATS * batch * work.total(), () -> passes(model, manager, conditioning, batch));
            NDArray matrix = NoiseSource.of(4).gaussian(manager, new Shape(SIZE, SIZE));
            double peak = best(
                    4, 2.0 * SIZE * SIZE * SIZE, () -> matrix.matMul(matrix).close());
            System.out.printf(
                    "width %d, batch %d: %.1f of %.1f GFLOP/s, %.0f%% of the peak%n",
                    config.width(), batch, rate / 1e9, peak / 1e9, 100 * rate / peak);
            assertThat(rate).isBetween(0.1 * peak, peak);
        }
    }

    private static void passes(Sd3Transformer model, NDManager manager, Conditioning conditioning, int batch) {
        for (int i = 0; i < REPEATS; i++) {
            try (NDManager scratch = manager.newSubManager();
                    Torch.Scope recording = Torch.withGradient()) {
                NDArray latents = NoiseSource.of(5).gaussian(scratch, new Shape(batch, 3, 32, 32));
                NDArray velocity =
                        model.velocity(latents, scratch.ones(new Shape(batch)).mul(0.5f), conditioning);
                Torch.backward(velocity.mul(velocity).sum());
            }
        }
    }
}
