package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.ModelWork;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** FLUX's and Wan's arithmetic against a count from the shapes of the weights, which knows nothing of the walk. */
class FamilyWorkTest {
    private static final long TOKENS = 48;
    private static final long WORDS = 7;

    private static double linearWork(WeightLayout layout, ToLongFunction<String> rows) {
        double work = 0;
        for (Map.Entry<String, Shape> entry : layout.shapes().entrySet()) {
            if (entry.getKey().endsWith(".weight") && entry.getValue().dimension() > 1) {
                work += 2.0
                        * rows.applyAsLong(entry.getKey())
                        * entry.getValue().size();
            }
        }
        return work;
    }

    private static long fluxRows(String name) {
        if (name.startsWith("time_text_embed") || name.contains("norm")) {
            return 1;
        }
        if (name.startsWith("single_")) {
            return TOKENS + WORDS;
        }
        return name.contains(".add_") || name.contains("to_add_out") || name.contains("context") ? WORDS : TOKENS;
    }

    @ParameterizedTest
    @CsvSource({"1, 2, true", "2, 0, false", "0, 1, true"})
    void fluxCountsWhatItsWeightsSay(int doubleLayers, int singleLayers, boolean guided) {
        FluxConfig config = new FluxConfig(16, doubleLayers, singleLayers, 12, 2, 20, 16, guided, List.of(4, 4, 4));
        double width = config.width();
        double all = TOKENS + WORDS;
        double forward = linearWork(config.layout(), FamilyWorkTest::fluxRows)
                + 4 * width * (doubleLayers + singleLayers) * all * all;
        ModelWork none = FluxWork.of(config, layer -> false, TOKENS, WORDS);
        assertThat(none).isEqualTo(new ModelWork(forward, 0));
        double inputs = 2 * width * (TOKENS * 16 + WORDS * 20 + 256L * (guided ? 2 : 1) + 16);
        ModelWork everything = FluxWork.of(config, layer -> true, TOKENS, WORDS);
        assertThat(everything).isEqualTo(new ModelWork(forward, 2 * forward - inputs));
    }

    private static long wanRows(String name) {
        if (name.contains("time_embedder") || name.contains("time_proj")) {
            return 1;
        }
        return name.contains("text_embedder")
                        || name.endsWith("attn2.to_k.weight")
                        || name.endsWith("attn2.to_v.weight")
                ? WORDS
                : TOKENS;
    }

    @ParameterizedTest
    @CsvSource({"1", "3"})
    void wanCountsWhatItsWeightsSay(int layers) {
        WanConfig config = new WanConfig(
                List.of(1, 2, 2), 2, 12, 16, 16, 20, 32, 40, layers, true, true, 0, 32, 0, WanConfig.Usual.WAN, false);
        double width = config.width();
        double forward =
                linearWork(config.layout(), FamilyWorkTest::wanRows) + 4 * width * layers * TOKENS * (TOKENS + WORDS);
        assertThat(WanWork.of(config, layer -> false, TOKENS, WORDS)).isEqualTo(new ModelWork(forward, 0));
        double inputs = 2 * width * (TOKENS * 64 + WORDS * 20 + 32);
        assertThat(WanWork.of(config, layer -> true, TOKENS, WORDS))
                .isEqualTo(new ModelWork(forward, 2 * forward - inputs));
    }
}
