package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.ModelWork;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against a count from the shapes of the weights, which knows nothing of the network's walk. */
class Sd3WorkTest {
    private static final int TOKENS = 64;
    private static final int WORDS = 12;

    private static Sd3Config config(int layers, boolean dual) {
        return new Sd3Config(32, 4, 3, layers, 16, 2, 24, 20, 3, 8, dual ? Set.of(0) : Set.of(), true);
    }

    /** Rows of the input that a weight is multiplied with. */
    private static int rows(String name) {
        if (name.startsWith("time_text_embed") || name.contains("norm")) {
            return 1;
        }
        boolean text = name.contains(".add_") || name.contains("to_add_out") || name.contains("context");
        return text ? WORDS : TOKENS;
    }

    private static double linearWork(Sd3Config config) {
        double work = 0;
        try (NDManager manager = Torch.newManager()) {
            String lastQueries = "transformer_blocks." + (config.layers() - 1) + ".attn.add_q_proj.weight";
            for (Map.Entry<String, NDArray> entry :
                    Sd3Init.weights(manager, config, NoiseSource.of(1)).asMap().entrySet()) {
                boolean matrix = entry.getKey().endsWith(".weight")
                        && entry.getValue().getShape().dimension() > 1;
                if (matrix && !entry.getKey().equals(lastQueries)) {
                    work += 2.0 * rows(entry.getKey()) * entry.getValue().size();
                }
            }
        }
        return work;
    }

    private static double attentionWork(Sd3Config config) {
        double all = TOKENS + WORDS;
        double joint = (config.layers() - 1) * all * all + TOKENS * all;
        double own = config.dualAttentionLayers().size() * (double) TOKENS * TOKENS;
        return 4.0 * config.width() * (joint + own);
    }

    @ParameterizedTest
    @CsvSource({"1, false", "3, false", "3, true"})
    void theForwardPassIsWhatTheWeightsSay(int layers, boolean dual) {
        Sd3Config config = config(layers, dual);
        ModelWork work = Sd3Work.of(config, layer -> false, TOKENS, WORDS);
        assertThat(work.forward()).isEqualTo(linearWork(config) + attentionWork(config));
        assertThat(work.backward()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1, false", "3, false", "3, true"})
    void trainingEveryWeightTakesTwiceTheForwardPassLessTheInputs(int layers, boolean dual) {
        Sd3Config config = config(layers, dual);
        ModelWork work = Sd3Work.of(config, layer -> true, TOKENS, WORDS);
        double inputs = 2.0 * config.width() * (TOKENS * 48 + WORDS * 24 + 256 + 20);
        assertThat(work.backward()).isEqualTo(2 * work.forward() - inputs);
    }

    @ParameterizedTest
    @CsvSource({"to_q", "to_v"})
    void trainingOneLayerCostsWhatLiesAboveIt(String projection) {
        Sd3Config config = config(1, false);
        ModelWork work = Sd3Work.of(config, ("transformer_blocks.0.attn." + projection)::equals, TOKENS, WORDS);
        double width = config.width();
        double product = 2.0 * TOKENS * (TOKENS + WORDS) * width;
        double square = 2.0 * TOKENS * width * width;
        // to_out, the two layers of ff and proj_out pass a gradient on; queries also need that of the scores.
        double above = square + 8 * square + 2.0 * TOKENS * width * 48;
        double attention = projection.equals("to_q") ? 2 * product : product;
        assertThat(work.backward()).isEqualTo(square + attention + above);
    }
}
