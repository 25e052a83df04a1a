package dev.sluice.cli.internal.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardWriterTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(1_700_000_000_500L), ZoneOffset.UTC);

    @TempDir
    Path folder;

    /** Reads the records back, checking lengths and sums as TensorBoard does. */
    private static List<byte[]> records(byte[] file) {
        List<byte[]> records = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            byte[] length = new byte[8];
            in.get(length);
            assertThat(in.getInt()).isEqualTo(TensorBoardWriter.maskedCrc(length, 8));
            byte[] data = new byte
                    [(int) ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong()];
            in.get(data);
            assertThat(in.getInt()).isEqualTo(TensorBoardWriter.maskedCrc(data, data.length));
            records.add(data);
        }
        return records;
    }

    /** The fields of one message; length-delimited ones as byte[], numbers as Long, floats as their bits. */
    private static Map<Integer, List<Object>> fields(byte[] message) {
        Map<Integer, List<Object>> fields = new LinkedHashMap<>();
        ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            long key = varint(in);
            Object value = switch ((int) key & 7) {
                case 0 -> varint(in);
                case 1 -> in.getDouble();
                case 5 -> in.getFloat();
                default -> {
                    byte[] bytes = new byte[(int) varint(in)];
                    in.get(bytes);
                    yield bytes;
                }
            };
            fields.computeIfAbsent((int) (key >>> 3), k -> new ArrayList<>()).add(value);
        }
        return fields;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = in.get();
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }

    @Test
    void scalarsReadBackWithTheirTagsAndStep() throws IOException {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("reward.mean", 0.75);
        values.put("kl", Double.NaN);
        values.put("clip.above", 0.0);
        try (TensorBoardWriter writer = new TensorBoardWriter(folder, 300, CLOCK)) {
            writer.scalars(301, values);
        }
        Path file = folder.resolve("events.out.tfevents.1700000000.sluice");
        List<byte[]> records = records(Files.readAllBytes(file));
        assertThat(records).hasSize(3);
        assertThat(new String((byte[]) fields(records.get(0)).get(3).get(0), StandardCharsets.US_ASCII))
                .isEqualTo("brain.Event:2");
        assertThat(fields(records.get(1)).get(2)).containsExactly(300L);
        assertThat(fields((byte[]) fields(records.get(1)).get(7).get(0)).get(1)).containsExactly(1L);

        Map<Integer, List<Object>> event = fields(records.get(2));
        assertThat(event.get(1)).containsExactly(1_700_000_000.5);
        assertThat(event.get(2)).containsExactly(301L);
        List<Object> summary = fields((byte[]) event.get(5).get(0)).get(1);
        assertThat(summary).hasSize(2);
        Map<Integer, List<Object>> first = fields((byte[]) summary.get(0));
        assertThat(new String((byte[]) first.get(1).get(0), StandardCharsets.UTF_8))
                .isEqualTo("reward.mean");
        assertThat(first.get(2)).containsExactly(0.75f);
    }

    /** The check value of RFC 3720 for 32 zero bytes is 0x8a9136aa; TensorFlow's mask is applied to it. */
    @Test
    void sumsAreMaskedAsTensorFlowMasksThem() {
        int crc = 0x8a9136aa;
        assertThat(TensorBoardWriter.maskedCrc(new byte[32], 32)).isEqualTo(((crc >>> 15) | (crc << 17)) + 0xa282ead8);
    }
}
