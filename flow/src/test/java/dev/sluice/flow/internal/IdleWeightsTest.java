package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.flow.ModelInspection;
import dev.sluice.flow.StoredType;
import dev.sluice.flow.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which weights of a mapped file never come to memory. */
class IdleWeightsTest {
    @TempDir
    private Path folder;

    private ModelInspection.Component written(int vocabulary) throws IOException {
        Files.writeString(folder.resolve("config.json"), """
                {"architectures": ["T5EncoderModel"], "vocab_size": %s, "d_model": 1024, "d_kv": 4, "d_ff": 8, "num_layers": 1,
                 "num_heads": 2, "feed_forward_proj": "gated-gelu"}
                """.formatted(vocabulary));
        WeightLayout layout = Components.layout(Components.config(folder), "shared.weight"::equals);
        new RandomTensors(1).write(folder, "model", layout, 1L << 30, bytes -> {});
        ModelInspection.Component component =
                ModelInspection.of(folder).components().get(0);
        assertThat(component.fault()).isEmpty();
        assertThat(component.parameters()).isEqualTo(layout.parameterCount());
        return component;
    }

    /** A table of 72 MB, of which a prompt needs a few rows. */
    @Test
    void aVocabularyTakesNone() throws IOException {
        ModelInspection.Component component = written(35_000);
        long table = 35_000 * 1024;
        assertThat(component.idleByType()).isEqualTo(Map.of(StoredType.BF16, table));
        assertThat(component.workingBytes(Precision.BFLOAT16)).isEqualTo(2 * (component.parameters() - table));
        assertThat(component.workingBytes(Precision.FLOAT32)).as("converted").isEqualTo(4 * component.parameters());
    }

    @Test
    void aSmallFileIsReadWhole() throws IOException {
        assertThat(written(100).idleByType()).isEmpty();
    }
}
