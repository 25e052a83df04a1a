package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Fixtures;
import dev.sluice.flow.StreamMemory;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wan's network chunk by chunk against the same network over the whole video, in which no frame sees what comes later. */
class WanStreamTest {
    private static final int FRAMES = 6;
    private static final double SIGMA = 0.64;

    private final NDManager manager = Torch.newManager();
    private Torch.Scope off;
    private WanTransformer network;
    private NDArray clean;
    private NDArray noisy;
    private Conditioning text;

    @BeforeEach
    void open() throws IOException {
        off = Torch.noGradient();
        network = Components.wan(Fixtures.path("wan-transformer/transformer"), false, manager);
        clean = NoiseSource.of(3).gaussian(manager, new Shape(2, 16, FRAMES, 4, 6));
        noisy = NoiseSource.of(4).gaussian(manager, new Shape(2, 16, FRAMES, 4, 6));
        text = new Conditioning(
                NoiseSource.of(5)
                        .gaussian(manager, new Shape(2, 5, network.config().textSize())),
                manager.zeros(new Shape(2, 0)));
    }

    @AfterEach
    void close() {
        off.close();
        manager.close();
    }

    /** The same weights in a network whose frames see none that come later. */
    private WanTransformer causal(int blockFrames) {
        WanConfig c = network.config();
        WanConfig causal = new WanConfig(
                c.patchSize(),
                c.heads(),
                c.headSize(),
                c.inChannels(),
                c.outChannels(),
                c.textSize(),
                c.frequencies(),
                c.feedForward(),
                c.layers(),
                c.crossNorm(),
                c.queryKeyNorm(),
                c.imageSize(),
                c.mostPositions(),
                blockFrames,
                c.usual(),
                c.predictsData());
        return new WanTransformer(causal, network.weights(), false);
    }

    private static NDArray frames(NDArray video, int first, int end) {
        return video.get(new NDIndex(":, :, {}:{}", first, end));
    }

    private NDArray levels(int chunks, double last) {
        float[] levels = new float[2 * chunks];
        for (int i = 0; i < 2; i++) {
            levels[(i + 1) * chunks - 1] = (float) last;
        }
        return manager.create(levels, new Shape(2, chunks));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void withAWindowThatHoldsAllChunksSayWhatTheWholeSays(int chunk) {
        WanTransformer whole = causal(chunk);
        try (StreamMemory memory = new StreamMemory(manager, new StreamMemory.Rule(FRAMES / chunk + 1, true, 0.5))) {
            for (int first = 0; first < FRAMES; first += chunk) {
                int end = first + chunk;
                NDArray now = frames(noisy, first, end);
                NDArray found = network.velocity(now, manager.full(new Shape(2), (float) SIGMA), text, memory);
                NDArray seen = first == 0
                        ? now
                        : frames(clean, 0, first).getNDArrayInternal().concat(new NDList(now), 2);
                NDArray expected = whole.velocity(seen, levels(end / chunk, SIGMA), text);
                assertThat(Fixtures.relativeError(found, frames(expected, first, end)))
                        .as("frames %s to %s", first, end)
                        .isLessThan(1e-5);
                NDArray finished = frames(clean, first, end);
                memory.remembering(() -> network.velocity(finished, manager.zeros(new Shape(2)), text, memory)
                        .close());
            }
            NDArray all = network.velocity(clean, 0, text);
            assertThat(Fixtures.relativeError(whole.velocity(clean, 0, text), all))
                    .isGreaterThan(1e-3);
        }
    }

    /** In a causal network the future changes nothing. */
    @Test
    void noFrameSeesWhatComesLater() {
        WanTransformer whole = causal(2);
        NDArray one = whole.velocity(clean, 0.3, text);
        NDArray other = whole.velocity(
                frames(clean, 0, 4).getNDArrayInternal().concat(new NDList(frames(noisy, 4, 6)), 2), 0.3, text);
        assertThat(Fixtures.relativeError(frames(other, 0, 4), frames(one, 0, 4)))
                .isLessThan(1e-6);
        assertThat(Fixtures.relativeError(frames(other, 4, 6), frames(one, 4, 6)))
                .isGreaterThan(1e-2);
        assertThat(whole.blockFrames()).isEqualTo(2);
    }

    /** Run in parts, as where blocks are recomputed, a causal network says the same. */
    @Test
    void aCausalNetworkInOtherPrecisionsIsTheSameToItsRounding() {
        WanTransformer whole = causal(2);
        NDArray exact = whole.velocity(clean, levels(3, SIGMA), text);
        Network parts = whole.running(new BlockChain.Running(0, Precision.FLOAT32));
        assertThat(parts.velocity(clean, levels(3, SIGMA), text).toFloatArray()).isEqualTo(exact.toFloatArray());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ((WanTransformer) parts)
                        .velocity(clean, manager.zeros(new Shape(2)), text, new StreamMemory(manager, rule())))
                .withMessageContaining("must be in the type it computes in");
    }

    /** Positions count from 0 over what is remembered, so that a long video does not leave those of a short one. */
    @Test
    void positionsDoNotGrowWithTheVideo() {
        try (StreamMemory memory = new StreamMemory(manager, rule())) {
            NDArray chunk = frames(clean, 0, 1);
            // More frames than the fixture has positions (32).
            for (int i = 0; i < 40; i++) {
                memory.remembering(() -> network.velocity(chunk, manager.zeros(new Shape(2)), text, memory)
                        .close());
            }
            assertThat(memory.keys().orElseThrow().getShape())
                    .isEqualTo(new Shape(
                            network.config().layers(),
                            2,
                            network.config().heads(),
                            12,
                            network.config().headSize()));
            NDArray velocity = network.velocity(frames(noisy, 1, 2), manager.ones(new Shape(2)), text, memory);
            assertThat(velocity.getShape()).isEqualTo(chunk.getShape());
            assertThat(List.of(velocity.isNaN().any().getBoolean())).containsExactly(false);
        }
    }

    private static StreamMemory.Rule rule() {
        return new StreamMemory.Rule(3, true, 0.9);
    }
}
