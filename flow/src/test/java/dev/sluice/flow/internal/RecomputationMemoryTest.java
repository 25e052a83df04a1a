package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Replica;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Recomputation;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a backward pass of SD3's transformer of 24 blocks takes beside its weights and their gradients, with a graph of the whole
 * and with blocks that are recomputed: by how much a pass raises the peak of a process of its own.
 */
@EnabledOnOs(OS.LINUX)
class RecomputationMemoryTest {
    private static final int BLOCKS = 24;

    /**
     * A pass.
     *
     * @param heads attention heads of 64
     * @param side of the latents, twice that of the picture in tokens
     * @param batch pictures
     */
    private record Size(int heads, int side, int batch) {
        private static final int WORDS = 77;

        static Size of(String... words) {
            return new Size(Integer.parseInt(words[0]), Integer.parseInt(words[1]), Integer.parseInt(words[2]));
        }

        List<String> words() {
            return List.of(Integer.toString(heads), Integer.toString(side), Integer.toString(batch));
        }

        Sd3Config config() {
            return new Sd3Config(side, 2, 16, BLOCKS, 64, heads, 256, 256, 16, side / 2, Set.of(), true);
        }

        Conditioning conditioning(NDManager manager) {
            return new Conditioning(
                    NoiseSource.of(2).gaussian(manager, new Shape(batch, WORDS, 256)),
                    NoiseSource.of(3).gaussian(manager, new Shape(batch, 256)));
        }
    }

    private static long growth(Size size, int segments, Map<String, String> allocator)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(Integer.toString(segments)));
        words.addAll(size.words());
        return PeakOfAProcess.growth(RecomputationMemoryTest.class, allocator, words);
    }

    private static void assertRecomputingTakesLess(Size size, Map<String, String> allocator)
            throws IOException, InterruptedException {
        long whole = growth(size, 0, allocator);
        System.out.printf("%s %s: %.1f MB%n", size, allocator.keySet(), whole / 1e6);
        for (int segments : List.of(6, BLOCKS)) {
            long parts = growth(size, segments, allocator);
            System.out.printf(
                    "%d segments: %.1f MB, down by %.0f%%%n", segments, parts / 1e6, 100 - 100.0 * parts / whole);
            assertThat((double) parts / whole).as("%s segments", segments).isLessThanOrEqualTo(0.4);
        }
    }

    @Test
    void recomputingTakesThePeakDownBySixtyPercent() throws IOException, InterruptedException {
        assertRecomputingTakesLess(new Size(2, 32, 2), PeakOfAProcess.EXACT);
    }

    @Tag("bench")
    @ParameterizedTest
    @ValueSource(strings = {"4 32 4", "6 64 1"})
    void largerTransformersLikewise(String size) throws IOException, InterruptedException {
        assertRecomputingTakesLess(Size.of(size.split(" ")), PeakOfAProcess.EXACT);
    }

    @Tag("bench")
    @Test
    void alsoWithAnAllocatorThatKeepsWhatIsFreed() throws IOException, InterruptedException {
        assertRecomputingTakesLess(new Size(4, 32, 4), Map.of());
    }

    /** Prints by how many bytes a pass forward and back raises the process's peak. */
    public static void main(String[] arguments) throws IOException {
        Torch.threads(1);
        BlockChain.Running running = new BlockChain.Running(Integer.parseInt(arguments[0]), null);
        Size size = Size.of(arguments[1], arguments[2], arguments[3]);
        try (NDManager manager = Torch.newManager()) {
            Weights weights = new Weights(manager);
            size.config()
                    .layout()
                    .shapes()
                    .forEach((name, shape) ->
                            weights.put(name, manager.full(shape, name.contains("norm_") ? 1f : 0.01f)));
            Set<String> trained = weights.names().stream()
                    .filter(name -> name.contains(".attn.") && name.endsWith(".weight") && !name.contains("norm"))
                    .collect(Collectors.toSet());
            Network network = new Sd3Transformer(size.config(), weights).running(running);
            try (Replica replica = new Replica(manager, weights, trained)) {
                Network over = network.over(replica.weights());
                // Makes the gradients, and what the engine sets up.
                pass(manager, over, new Size(size.heads, 8, 1));
                PeakOfAProcess.print(() -> pass(manager, over, size));
            }
        }
    }

    private static void pass(NDManager manager, Network network, Size size) {
        try (NDManager scratch = manager.newSubManager();
                Torch.Scope tape = Recomputation.open();
                Torch.Scope recording = Torch.withGradient()) {
            NDArray latents = NoiseSource.of(5).gaussian(scratch, new Shape(size.batch, 16, size.side, size.side));
            NDArray velocity = network.velocity(latents, 0.5, size.conditioning(scratch));
            Torch.backward(velocity.mul(velocity).sum());
        }
    }
}
