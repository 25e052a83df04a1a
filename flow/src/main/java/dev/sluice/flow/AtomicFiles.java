package dev.sluice.flow;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.ThreadLocalRandom;

/** Files and folders that appear under their name only when they are complete: written beside, synced, renamed. */
public final class AtomicFiles {
    private AtomicFiles() {}

    /** Writes a file's content. */
    @FunctionalInterface
    public interface FileBody {
        /** Writes to the channel, which the caller closes. */
        void write(FileChannel channel) throws IOException;
    }

    /** Writes a folder's files. */
    @FunctionalInterface
    public interface FolderBody {
        /** Writes into the folder, which is there and empty. */
        void write(Path folder) throws IOException;
    }

    /**
     * Writes or replaces a file; whatever fails, there is either the old file or the new one under that name.
     *
     * @throws IOException if it cannot be written, with the path in the message
     */
    public static void file(Path file, FileBody body) throws IOException {
        Path folder = parent(file);
        Files.createDirectories(folder);
        Path partial = Files.createFile(beside(file));
        try {
            try (FileChannel channel = FileChannel.open(partial, StandardOpenOption.WRITE)) {
                body.write(channel);
                channel.force(true);
            }
            move(partial, file);
            sync(folder);
        } catch (IOException e) {
            throw new IOException("%s could not be written: %s".formatted(file, e.getMessage()), e);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    /** Writes or replaces a small file. */
    public static void file(Path file, byte[] content) throws IOException {
        file(file, channel -> {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    /**
     * Writes or replaces a folder. A replaced one is moved aside first and deleted last, so a crash between the two
     * renames leaves it beside, under {@code .NAME.replaced}.
     *
     * @throws IOException if it cannot be written, with the path in the message
     */
    public static void folder(Path folder, FolderBody body) throws IOException {
        Path parent = parent(folder);
        Files.createDirectories(parent);
        Path partial = Files.createDirectory(beside(folder));
        Path replaced = parent.resolve("." + folder.getFileName() + ".replaced");
        try {
            body.write(partial);
            syncAll(partial);
            deleteAll(replaced);
            if (Files.exists(folder)) {
                move(folder, replaced);
            }
            move(partial, folder);
            sync(parent);
            deleteAll(replaced);
        } catch (IOException e) {
            throw new IOException("%s could not be written: %s".formatted(folder, e.getMessage()), e);
        } finally {
            deleteAll(partial);
        }
    }

    /** A name that nothing has yet. Java's own temporary files are for their owner's eyes only; a result is not. */
    private static Path beside(Path path) {
        String unique = Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), Character.MAX_RADIX);
        return parent(path).resolve(".%s.%s.partial".formatted(path.getFileName(), unique));
    }

    /** Deletes a file or a folder with all it holds; nothing happens if it is not there. Links are not followed. */
    public static void deleteAll(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static Path parent(Path path) {
        return path.toAbsolutePath().getParent();
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void syncAll(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                sync(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Makes a rename last; Windows has no such call for folders. */
    private static void sync(Path folder) throws IOException {
        if (folder.getFileSystem().getSeparator().equals("\\")) {
            return;
        }
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
