package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.ProcessMemory;
import dev.sluice.flow.Replica;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Recomputation;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a backward pass of a transformer of 24 blocks takes beside its weights and their gradients, with a graph of the whole and
 * with blocks that are recomputed: the growth of the peak of a process of its own.
 */
@Tag("bench")
class RecomputationMemoryTest {
    private static final int BLOCKS = 24;
    private static final Sd3Config CONFIG = new Sd3Config(32, 2, 16, BLOCKS, 64, 4, 256, 256, 16, 32, Set.of(), true);
    private static final int BATCH = 4;
    private static final int WORDS = 77;

    private static long growth(int segments) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        RecomputationMemoryTest.class.getName(),
                        Integer.toString(segments))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return Long.parseLong(said.strip());
    }

    @Test
    void recomputingTakesAtMostTwoFifthsOfTheMemory() throws IOException, InterruptedException {
        Map<Integer, Long> growth = new TreeMap<>();
        for (int segments : List.of(0, 6, BLOCKS)) {
            growth.put(segments, growth(segments));
            System.out.printf(
                    "%d segments: %.0f MB, %.0f%% of the whole graph's%n",
                    segments, growth.get(segments) / 1e6, 100.0 * growth.get(segments) / growth.get(0));
        }
        assertThat((double) growth.get(6) / growth.get(0)).isLessThan(0.4);
        assertThat((double) growth.get(BLOCKS) / growth.get(0)).isLessThan(0.4);
    }

    /** Prints by how many bytes a pass forward and back raises the process's peak. */
    public static void main(String[] arguments) {
        Torch.threads(1);
        try (NDManager manager = Torch.newManager()) {
            Weights weights = new Weights(manager);
            CONFIG.layout()
                    .shapes()
                    .forEach((name, shape) ->
                            weights.put(name, manager.full(shape, name.contains("norm_") ? 1f : 0.01f)));
            Set<String> trained = weights.names().stream()
                    .filter(name -> name.contains(".attn.") && name.endsWith(".weight") && !name.contains("norm"))
                    .collect(Collectors.toSet());
            Network network = new Sd3Transformer(CONFIG, weights)
                    .running(new BlockChain.Running(Integer.parseInt(arguments[0]), null));
            try (Replica replica = new Replica(manager, weights, trained)) {
                Network over = network.over(replica.weights());
                pass(manager, over, 1); // makes the gradients, and all that the engine needs
                long before = ProcessMemory.residentBytes();
                pass(manager, over, BATCH);
                System.out.println(ProcessMemory.peakBytes() - before);
            }
        }
    }

    private static void pass(NDManager manager, Network network, int batch) {
        try (NDManager scratch = manager.newSubManager();
                Torch.Scope tape = Recomputation.open();
                Torch.Scope recording = Torch.withGradient()) {
            NDArray latents = NoiseSource.of(5).gaussian(scratch, new Shape(batch, 16, 32, 32));
            Conditioning conditioning = new Conditioning(
                    NoiseSource.of(2).gaussian(scratch, new Shape(batch, WORDS, 256)),
                    NoiseSource.of(3).gaussian(scratch, new Shape(batch, 256)));
            NDArray velocity = network.velocity(latents, 0.5, conditioning);
            Torch.backward(velocity.mul(velocity).sum());
        }
    }
}
