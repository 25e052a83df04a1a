package dev.sluice.flow;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * A file as memory of the engine: arrays share its pages, which take memory when they are used, and what is written to them goes to
 * pages of their own.
 *
 * <p>Memory: owns one array of the whole file for each type that was asked for; parts of it keep the pages for as long as they need
 * them, also after this is closed. Not for several threads at a time.
 */
final class FilePages implements AutoCloseable {
    private final Path file;
    private final long bytes;
    private final boolean wanted;
    private final Map<StoredType, Optional<NDArray>> wholes = new EnumMap<>(StoredType.class);
    private NDManager owner;

    /**
     * Creates it; nothing is mapped before {@link #part}.
     *
     * @param from the least bytes of a file that is mapped
     */
    FilePages(Path file, long from) throws IOException {
        this.file = file;
        this.bytes = Files.size(file);
        this.wanted = bytes >= from && file.getFileSystem() == FileSystems.getDefault();
    }

    /** Returns whether numbers of a type that begin there are to be mapped. */
    boolean maps(StoredType type, long position) {
        return wanted && type.storedAsHeld() && position % type.bytes() == 0;
    }

    /**
     * Returns numbers of the file in one dimension, empty if they are to be copied or the file system has no mappings.
     *
     * @param position of the first in bytes
     * @return owned by {@code scratch}
     */
    Optional<NDArray> part(NDManager scratch, StoredType type, long position, long count) {
        if (!maps(type, position)) {
            return Optional.empty();
        }
        return wholes.computeIfAbsent(type, this::mapped)
                .map(whole ->
                        Ops.call("part", null, scratch.create(new long[] {position / type.bytes(), count}), whole));
    }

    private Optional<NDArray> mapped(StoredType type) {
        if (owner == null) {
            owner = Torch.newManager();
        }
        byte[] name = file.toString().getBytes(StandardCharsets.UTF_8);
        try (NDManager scratch = owner.newSubManager()) {
            NDArray codes = scratch.create(ByteBuffer.wrap(name), new Shape(name.length), DataType.UINT8);
            NDArray size = scratch.create(new long[] {bytes / type.bytes(), type.engineCode()});
            NDArray whole = Ops.call("mapped", null, size, codes);
            whole.attach(owner);
            return Optional.of(whole);
        } catch (EngineException e) {
            // some file systems have no mappings
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        if (owner != null) {
            owner.close();
        }
    }
}
