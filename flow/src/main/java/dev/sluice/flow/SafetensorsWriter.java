package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Ops;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes safetensors files: beside their place, synced, then renamed. The same tensors give the same bytes; wider types
 * come first, so that every tensor is aligned, then the names' order.
 */
public final class SafetensorsWriter {
    /** The type in which floating arrays are stored; integers and truth values keep theirs. */
    public enum Storage {
        /** Every array in its own type. */
        SAME,
        /** Floating arrays as float32. */
        FLOAT32,
        /** Floating arrays as float16. */
        FLOAT16,
        /** Floating arrays as bfloat16. */
        BFLOAT16;

        /** Returns the type in which a floating tensor of this type is stored. */
        StoredType of(StoredType type) {
            return switch (this) {
                case FLOAT32 -> StoredType.F32;
                case FLOAT16 -> StoredType.F16;
                case BFLOAT16 -> StoredType.BF16;
                case SAME -> type;
            };
        }

        private StoredType of(NDArray array) {
            DataType type = array.getDataType();
            return switch (type) {
                case FLOAT32, FLOAT64, FLOAT16 -> of(StoredType.valueOf(type.asSafetensors()));
                case INT64 -> StoredType.I64;
                case INT32 -> StoredType.I32;
                case INT8 -> StoredType.I8;
                case UINT8 -> StoredType.U8;
                case BOOLEAN -> StoredType.BOOL;
                default -> throw new IllegalArgumentException("An array of type %s cannot be stored.".formatted(type));
            };
        }
    }

    /** Elements that are converted and written at a time. */
    private static final long CHUNK = 1L << 24;

    private SafetensorsWriter() {}

    /** Writes one tensor's bytes. */
    @FunctionalInterface
    interface Body {
        /** Writes them to the channel. */
        void write(FileChannel channel) throws IOException;
    }

    /**
     * A tensor that is made when its turn comes, so that not all are in memory at a time.
     *
     * @param name its name
     * @param shape its shape
     * @param type the type it is stored in
     * @param body writes as many bytes as shape and type say
     */
    record Tensor(String name, Shape shape, StoredType type, Body body) {
        /** A tensor in memory. */
        static Tensor of(String name, NDArray array, StoredType type) {
            return new Tensor(name, array.getShape(), type, channel -> writeTensor(channel, name, array, type));
        }

        long bytes() {
            return shape.size() * type.bytes();
        }
    }

    /**
     * Writes or replaces a file.
     *
     * @param file where it appears when it is complete; its folder is made
     * @param tensors the arrays by name; they stay as they are
     * @param metadata texts for {@code __metadata__}; may be empty
     * @param storage the type of floating tensors
     * @throws IOException if it cannot be written; what stood there before then still does
     * @throws IllegalArgumentException if a finite value would become infinite in that storage
     */
    public static void write(Path file, Map<String, NDArray> tensors, Map<String, String> metadata, Storage storage)
            throws IOException {
        List<Tensor> ordered = new ArrayList<>();
        new TreeMap<>(tensors).forEach((name, array) -> {
            if (name.equals("__metadata__")) {
                throw new IllegalArgumentException("A tensor must not be named __metadata__.");
            }
            ordered.add(Tensor.of(name, array, storage.of(array)));
        });
        write(file, ordered, metadata);
    }

    /** Writes or replaces a file of tensors that are made one by one, in the order of {@link #write}. */
    static void write(Path file, List<Tensor> tensors, Map<String, String> metadata) throws IOException {
        List<Tensor> ordered = new ArrayList<>(tensors);
        ordered.sort(Comparator.comparingInt(t -> -t.type.bytes()));
        byte[] header = header(ordered, metadata);
        AtomicFiles.file(file, channel -> {
            ByteBuffer start = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
            writeAll(channel, start.putLong(header.length).put(header).flip());
            for (Tensor tensor : ordered) {
                tensor.body.write(channel);
            }
        });
    }

    private static byte[] header(List<Tensor> tensors, Map<String, String> metadata) {
        JsonMapper mapper = new JsonMapper();
        ObjectNode header = mapper.createObjectNode();
        if (!metadata.isEmpty()) {
            ObjectNode texts = header.putObject("__metadata__");
            new TreeMap<>(metadata).forEach(texts::put);
        }
        long offset = 0;
        for (Tensor tensor : tensors) {
            ObjectNode entry = header.putObject(tensor.name);
            entry.put("dtype", tensor.type.name());
            var shape = entry.putArray("shape");
            for (long size : tensor.shape.getShape()) {
                shape.add(size);
            }
            entry.putArray("data_offsets").add(offset).add(offset + tensor.bytes());
            offset += tensor.bytes();
        }
        byte[] json = mapper.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + 7) / 8 * 8;
        byte[] bytes = Arrays.copyOf(json, padded);
        Arrays.fill(bytes, json.length, padded, (byte) ' ');
        return bytes;
    }

    private static void writeTensor(FileChannel channel, String name, NDArray array, StoredType type)
            throws IOException {
        long size = array.size();
        if (size == 0) {
            return;
        }
        try (NDManager scratch = array.getManager().newSubManager()) {
            NDArray flat = array.reshape(-1);
            flat.attach(scratch);
            for (long begin = 0; begin < size; begin += CHUNK) {
                try (NDManager step = scratch.newSubManager()) {
                    NDArray part = flat.get(new NDIndex("{}:{}", begin, Math.min(size, begin + CHUNK)));
                    part.attach(step);
                    NDArray code = step.create((long) type.engineCode());
                    if (type == StoredType.F16 && array.getDataType() != DataType.FLOAT16) {
                        requireNoOverflow(name, part, code);
                    }
                    NDArray bytes = Ops.call("encode_bytes", null, part, code);
                    writeAll(channel, bytes.toByteBuffer());
                }
            }
        }
    }

    private static void requireNoOverflow(String name, NDArray part, NDArray code) {
        if (Ops.call("overflows", null, part, code).getLong() != 0) {
            throw new IllegalArgumentException("""
                    Tensor %s holds a number that float16 cannot.
                    Maybe store it as bfloat16 or float32.""".formatted(name));
        }
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
