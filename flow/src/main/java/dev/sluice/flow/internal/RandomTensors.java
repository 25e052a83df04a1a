package dev.sluice.flow.internal;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the tensors of a layout with random bfloat16 values into safetensors shards, a piece at a time: matrices and kernels are
 * normal with deviation 1/√(inputs), biases 0, scales of norms 1. Numbers repeat after a million, which no use of such weights can
 * tell.
 */
final class RandomTensors {
    private static final int POOL = 1 << 20;
    private static final int BYTES = 2;
    private static final short ONE = 0x3F80;

    private final float[] pool = new float[POOL];
    private final SplittableRandom random;

    RandomTensors(long seed) {
        this.random = new SplittableRandom(seed);
        for (int i = 0; i < POOL; i += 2) {
            // Box and Muller (1958): two normal numbers of two uniform ones.
            double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
            double angle = 2 * Math.PI * random.nextDouble();
            pool[i] = (float) (radius * Math.cos(angle));
            pool[i + 1] = (float) (radius * Math.sin(angle));
        }
    }

    /** Told of the bytes that were written. */
    @FunctionalInterface
    interface Listener {
        void written(long bytes);
    }

    /**
     * Writes all tensors of a layout: one file, or shards and their index.
     *
     * @param stem what the files' names begin with, such as {@code model}
     * @param shardBytes the most bytes of tensors in a file, but for a tensor that is longer by itself
     */
    void write(Path folder, String stem, WeightLayout layout, long shardBytes, Listener listener) throws IOException {
        List<Map<String, Shape>> shards = shards(layout, shardBytes);
        JsonMapper json = new JsonMapper();
        ObjectNode index = json.createObjectNode();
        index.putObject("metadata").put("total_size", BYTES * layout.parameterCount());
        ObjectNode map = index.putObject("weight_map");
        for (int i = 0; i < shards.size(); i++) {
            String name = shards.size() == 1
                    ? stem + ".safetensors"
                    : "%s-%05d-of-%05d.safetensors".formatted(stem, i + 1, shards.size());
            shards.get(i).keySet().forEach(tensor -> map.put(tensor, name));
            writeShard(folder.resolve(name), shards.get(i), listener);
        }
        if (shards.size() > 1) {
            Files.writeString(folder.resolve(stem + ".safetensors.index.json"), json.writeValueAsString(index));
        }
    }

    private static List<Map<String, Shape>> shards(WeightLayout layout, long shardBytes) {
        List<Map<String, Shape>> shards = new ArrayList<>();
        long bytes = Long.MAX_VALUE;
        for (Map.Entry<String, Shape> tensor : layout.shapes().entrySet()) {
            long own = BYTES * tensor.getValue().size();
            if (shards.isEmpty() || bytes + own > shardBytes) {
                shards.add(new LinkedHashMap<>());
                bytes = 0;
            }
            shards.get(shards.size() - 1).put(tensor.getKey(), tensor.getValue());
            bytes += own;
        }
        return shards;
    }

    private void writeShard(Path file, Map<String, Shape> tensors, Listener listener) throws IOException {
        JsonMapper json = new JsonMapper();
        ObjectNode header = json.createObjectNode();
        header.putObject("__metadata__").put("format", "pt");
        long offset = 0;
        for (Map.Entry<String, Shape> tensor : tensors.entrySet()) {
            ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", "BF16");
            var shape = entry.putArray("shape");
            Arrays.stream(tensor.getValue().getShape()).forEach(shape::add);
            long end = offset + BYTES * tensor.getValue().size();
            entry.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        byte[] text = json.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
        int padded = (text.length + 7) / 8 * 8;
        ByteBuffer start = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
        start.putLong(padded).put(text);
        while (start.hasRemaining()) {
            start.put((byte) ' ');
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writeAll(channel, start.flip());
            ByteBuffer piece = ByteBuffer.allocateDirect(BYTES * POOL).order(ByteOrder.LITTLE_ENDIAN);
            for (Map.Entry<String, Shape> tensor : tensors.entrySet()) {
                fill(channel, piece, tensor.getKey(), tensor.getValue());
                listener.written(BYTES * tensor.getValue().size());
            }
        }
    }

    private void fill(FileChannel channel, ByteBuffer piece, String name, Shape shape) throws IOException {
        long inputs = Math.max(1, shape.size() / shape.get(0));
        boolean table = name.endsWith("scale_shift_table");
        boolean scale = name.endsWith(".gamma") || (shape.dimension() == 1 && name.endsWith(".weight"));
        boolean bias = name.endsWith(".bias");
        float deviation = (float) (1 / Math.sqrt(table ? shape.get(shape.dimension() - 1) : inputs));
        int at = random.nextInt(POOL);
        for (long left = shape.size(); left > 0; ) {
            int count = (int) Math.min(left, POOL);
            piece.clear();
            for (int i = 0; i < count; i++) {
                piece.putShort(scale ? ONE : bias ? 0 : bfloat16(deviation * pool[(at + i) & (POOL - 1)]));
            }
            writeAll(channel, piece.flip());
            at += 7919; // another order in the next piece
            left -= count;
        }
    }

    private static short bfloat16(float value) {
        return (short) ((Float.floatToRawIntBits(value) + 0x8000) >>> 16);
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
