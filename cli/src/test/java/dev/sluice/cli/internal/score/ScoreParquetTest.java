package dev.sluice.cli.internal.score;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.grpo.Prompt;
import dev.sluice.rewards.BatchScoring;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScoreParquetTest {
    static byte[] table(int rows) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ScoreTable table = ScoreTable.Format.PARQUET.on(out, List.of("a", "b"));
        for (int i = 0; i < rows; i++) {
            boolean bad = i % 3 == 1;
            table.row(
                    new MediaItem("f%s.png".formatted(i), Path.of("f"), Prompt.of("é" + i)),
                    new BatchScoring.Row(
                            new double[] {i / 4.0, bad ? Double.NaN : -i},
                            bad ? Optional.of("b: why") : Optional.empty()));
        }
        table.finish();
        return out.toByteArray();
    }

    /** DuckDB reads such a file as it was meant. */
    @Test
    void valuesStandWhereTheFormatPutsThem() throws IOException {
        byte[] file = table(3);
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(new String(file, 0, 4, StandardCharsets.US_ASCII)).isEqualTo("PAR1");
        assertThat(new String(file, file.length - 4, 4, StandardCharsets.US_ASCII))
                .isEqualTo("PAR1");
        int footer = bytes.getInt(file.length - 8);
        String text = new String(file, file.length - 8 - footer, footer, StandardCharsets.ISO_8859_1);
        assertThat(text).contains("file", "prompt", "error", "scores", "sluice");
        // the page of column a: 3 values present (one run of 8 bits, 0b111), 0, 0.25, 0.5
        String a = HexFormat.of().formatHex(file);
        assertThat(a).contains("020000000307" + "0000000000000000" + "000000000000d03f" + "000000000000e03f");
        // of b: the first and the last, 0b101
        assertThat(a).contains("020000000305" + "0000000000000000" + "00000000000000c0");
        // of error: the second
        assertThat(a)
                .contains("020000000302" + "06000000"
                        + HexFormat.of().formatHex("b: why".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void manyRowsMakeSeveralGroups() throws IOException {
        byte[] file = table((1 << 16) + 3);
        assertThat(file.length).isGreaterThan((1 << 16) * 30);
    }
}
