package dev.sluice.video.internal;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.ThreadLocalRandom;

/** A file that is written beside its place and appears under its name when it is whole. */
public final class PartFile implements AutoCloseable {
    private final Path file;
    private final Path part;

    private PartFile(Path file, Path part) {
        this.file = file;
        this.part = part;
    }

    /** Makes an empty file beside the given place, and the folders to it. */
    public static PartFile of(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        String name = ".%s.%x.part"
                .formatted(file.getFileName(), ThreadLocalRandom.current().nextLong());
        return new PartFile(file, Files.createFile(folder.resolve(name)));
    }

    /** Returns where to write. */
    public Path path() {
        return part;
    }

    /** Moves the file to its place, over one that was there. */
    public void finish() throws IOException {
        try {
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Deletes what was not finished. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(part);
    }
}
