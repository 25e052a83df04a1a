package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The EMA-Sink against its closed form. */
class StreamMemoryTest {
    private static final int TOKENS = 4;
    private static final Shape CHUNK = new Shape(2, 3, 2, TOKENS, 5);

    /** Remembers chunks of noise; keys and values differ. */
    private static List<NDArray> fill(NDManager manager, StreamMemory memory, int chunks) {
        List<NDArray> keys = new ArrayList<>();
        for (int i = 0; i < chunks; i++) {
            NDArray key = NoiseSource.of(1, i).gaussian(manager, CHUNK);
            NDArray value = key.add(100);
            memory.remembering(() -> memory.offer(key, value));
            keys.add(key);
        }
        return keys;
    }

    /** Returns a token of every chunk that is held, one after another. */
    private static float[] held(NDArray array) {
        return array.get("1, 2, 0, :, 3").toFloatArray();
    }

    private static float[] of(NDArray chunk) {
        return held(chunk);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.3, 0.999, 1})
    void theSinkIsTheMovingAverageOfWhatLeft(double decay) {
        try (NDManager manager = Torch.newManager();
                StreamMemory memory = new StreamMemory(manager, new StreamMemory.Rule(4, true, decay))) {
            int count = 9;
            List<NDArray> chunks = fill(manager, memory, count);
            // Chunk 0 is the sink; 7 and 8 are held as they were; 1 to 6 have left.
            float[] keys = held(memory.keys().orElseThrow());
            float[] values = held(memory.values().orElseThrow());
            assertThat(keys).hasSize(3 * TOKENS);
            for (int token = 0; token < TOKENS; token++) {
                double sink = Math.pow(decay, 6) * of(chunks.get(0))[token];
                for (int left = 1; left <= 6; left++) {
                    sink += (1 - decay) * Math.pow(decay, 6 - left) * of(chunks.get(left))[token];
                }
                assertThat((double) keys[token]).isCloseTo(sink, within(1e-6));
                assertThat((double) values[token]).isCloseTo(sink + 100, within(1e-4));
                assertThat(keys[TOKENS + token]).isEqualTo(of(chunks.get(7))[token]);
                assertThat(keys[2 * TOKENS + token]).isEqualTo(of(chunks.get(8))[token]);
            }
        }
    }

    @Test
    void aSinkThatKeepsAllStaysTheFirstChunkAndOneThatKeepsNothingIsTheLastThatLeft() {
        try (NDManager manager = Torch.newManager();
                StreamMemory first = new StreamMemory(manager, new StreamMemory.Rule(2, true, 1));
                StreamMemory last = new StreamMemory(manager, new StreamMemory.Rule(2, true, 0))) {
            List<NDArray> chunks = fill(manager, first, 5);
            fill(manager, last, 5);
            assertThat(first.keys().orElseThrow()).isEqualTo(chunks.get(0));
            assertThat(last.keys().orElseThrow()).isEqualTo(chunks.get(4));
        }
    }

    @Test
    void withoutASinkTheWindowSlides() {
        try (NDManager manager = Torch.newManager();
                StreamMemory memory = new StreamMemory(manager, new StreamMemory.Rule(3, false, 0.5))) {
            List<NDArray> chunks = fill(manager, memory, 6);
            assertThat(memory.keys().orElseThrow()).isEqualTo(chunks.get(4).concat(chunks.get(5), 3));
        }
    }

    @Test
    void whatIsHeldStaysTheSameOverHundredsOfChunks() {
        try (NDManager manager = Torch.newManager();
                StreamMemory memory = new StreamMemory(manager, new StreamMemory.Rule(4, true, 0.9))) {
            for (int i = 0; i < 400; i++) {
                try (NDManager scratch = manager.newSubManager()) {
                    NDArray key = NoiseSource.of(2, i).gaussian(scratch, CHUNK);
                    memory.remembering(() -> memory.offer(key, key));
                }
                assertThat(memory.keys().orElseThrow().getShape().get(3)).isEqualTo(TOKENS * Math.min(i + 1L, 3));
                assertThat(memory.keys().orElseThrow().getManager().getManagedArrays())
                        .hasSize(2);
                assertThat(memory.chunks()).isEqualTo(Math.min(i + 1, 3));
            }
        }
    }

    @Test
    void onlyAPassThatIsToBeRememberedIs() {
        try (NDManager manager = Torch.newManager();
                StreamMemory memory = new StreamMemory(manager, new StreamMemory.Rule(4, true, 0.9))) {
            NDArray key = manager.ones(CHUNK);
            memory.offer(key, key);
            assertThat(memory.keys()).isEmpty();
            memory.remembering(() -> memory.offer(key, key));
            NDArray shorter = manager.ones(new Shape(2, 3, 2, 3, 5));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> memory.remembering(() -> memory.offer(shorter, shorter)))
                    .withMessageContaining("(2, 3, 2, 3, 5)");
        }
    }

    @Test
    void settingsThatAreNoWholeChunksAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StreamSettings(4, 10, 4, 0.9))
                .withMessage("window (10) must be a multiple of the chunk (4), at least two of it.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StreamSettings(4, 4, 4, 0.9))
                .withMessageContaining("at least two of it");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StreamSettings(4, 8, 2, 0.9))
                .withMessage("sink (2) must be the chunk (4), or 0.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StreamSettings(4, 8, 4, 1.5))
                .withMessageContaining("decay (1.5)");
        assertThat(new StreamSettings(4, 16, 0, 0.5).rule()).isEqualTo(new StreamMemory.Rule(4, false, 0.5));
        assertThat(new StreamSettings(4, 16, 4, 0.5).chunks(17)).isEqualTo(5);
    }
}
