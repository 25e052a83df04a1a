package dev.sluice.cli.internal.report;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes an event file that TensorBoard reads: records with a length and masked CRC-32C sums, each holding one protocol
 * buffer of type {@code Event}.
 *
 * <p>A run that is resumed starts a new file; its first record tells TensorBoard to forget what older files say from that
 * step on.
 */
public final class TensorBoardWriter implements AutoCloseable {
    private static final int CRC_MASK = 0xa282ead8;
    private static final int DOUBLE = 1;
    private static final int BYTES = 2;
    private static final int FLOAT = 5;

    private final FileChannel channel;
    private final Clock clock;

    /**
     * Creates a file in the folder.
     *
     * @param folder made if it is not there
     * @param firstStep the step that the run starts or continues at
     */
    public TensorBoardWriter(Path folder, long firstStep, Clock clock) throws IOException {
        this.clock = clock;
        Files.createDirectories(folder);
        Path file = folder.resolve("events.out.tfevents.%010d.sluice".formatted(clock.millis() / 1000));
        channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        Message version = event(0);
        version.bytes(3, "brain.Event:2".getBytes(StandardCharsets.US_ASCII));
        write(version);
        Message start = event(firstStep);
        start.bytes(7, new Message().number(1, 1).toByteArray());
        write(start);
    }

    /** Writes the values of a step; those that are not finite are left out. */
    public void scalars(long step, Map<String, Double> values) throws IOException {
        Message summary = new Message();
        values.forEach((tag, value) -> {
            if (Double.isFinite(value)) {
                Message scalar = new Message().bytes(1, utf8(tag)).float32(2, value.floatValue());
                summary.bytes(1, scalar.toByteArray());
            }
        });
        write(event(step).bytes(5, summary.toByteArray()));
    }

    /** Writes a picture of a step. */
    public void image(long step, String tag, int height, int width, byte[] png) throws IOException {
        Message image =
                new Message().number(1, height).number(2, width).number(3, 3).bytes(4, png);
        Message value = new Message().bytes(1, utf8(tag)).bytes(4, image.toByteArray());
        write(event(step).bytes(5, new Message().bytes(1, value.toByteArray()).toByteArray()));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Message event(long step) {
        return new Message().float64(1, clock.millis() / 1000.0).number(2, step);
    }

    private void write(Message message) throws IOException {
        byte[] data = message.toByteArray();
        ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(data.length);
        record.putInt(maskedCrc(record.array(), 8));
        record.put(data).putInt(maskedCrc(data, data.length)).flip();
        while (record.hasRemaining()) {
            channel.write(record);
        }
    }

    /** TensorFlow rotates sums and adds a constant, because a sum over data that holds sums is a poor one. */
    static int maskedCrc(byte[] data, int length) {
        CRC32C crc = new CRC32C();
        crc.update(data, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + CRC_MASK;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** The wire format of protocol buffers. */
    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                out.write((int) (rest & 0x7F | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }

        private Message fixed(int field, int type, ByteBuffer value) {
            varint((long) field << 3 | type);
            out.writeBytes(value.array());
            return this;
        }

        Message number(int field, long value) {
            varint((long) field << 3);
            varint(value);
            return this;
        }

        Message float64(int field, double value) {
            return fixed(
                    field,
                    DOUBLE,
                    ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(value));
        }

        Message float32(int field, float value) {
            return fixed(
                    field,
                    FLOAT,
                    ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value));
        }

        Message bytes(int field, byte[] value) {
            varint((long) field << 3 | BYTES);
            varint(value.length);
            out.writeBytes(value);
            return this;
        }

        byte[] toByteArray() {
            return out.toByteArray();
        }
    }
}
