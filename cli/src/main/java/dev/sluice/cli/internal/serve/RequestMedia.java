package dev.sluice.cli.internal.serve;

import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import dev.sluice.video.MediaFiles;
import dev.sluice.video.ReadOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads what requests bring or name, within limits that are checked before anything of the size it claims is allocated. Pixels of
 * all requests together take at most a part of the heap.
 */
final class RequestMedia {
    private static final int SHARE_OF_HEAP = 4;
    private static final long VIDEO_BYTES = 256L << 20;
    private static final int JPEG_TAIL = 4096;

    private final ServeLimits limits;
    private final Optional<Path> root;
    private final int kilobytes;
    private final Semaphore memory;

    /**
     * Creates a reader.
     *
     * @param root the folder below which paths are allowed
     */
    RequestMedia(ServeLimits limits, Optional<Path> root) {
        this.limits = limits;
        this.root = root;
        long share = Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP / 1024;
        this.kilobytes = (int) Math.max(1024, Math.min(Integer.MAX_VALUE, share));
        this.memory = new Semaphore(kilobytes, true);
    }

    /** Pixels, and the memory they have been promised. */
    record Held(Media media, Semaphore memory, int kilobytes) implements AutoCloseable {
        @Override
        public void close() {
            memory.release(kilobytes);
        }
    }

    /** Decodes what was uploaded. */
    Held upload(byte[] bytes) throws HttpFailure {
        if (bytes.length == 0) {
            throw new HttpFailure(400, "The body is empty; an image or a video is expected.");
        }
        if (image(bytes)) {
            return image(bytes, "The image");
        }
        if (!video(bytes)) {
            throw new HttpFailure(
                    415, "The body (%s bytes) is no image or video that is known.".formatted(bytes.length));
        }
        Path file = null;
        try {
            file = Files.createTempFile("sluice-", ".upload");
            Files.write(file, bytes);
            return video(file, "The video");
        } catch (IOException e) {
            throw new HttpFailure(503, "The upload could not be kept: %s.".formatted(e.getMessage()));
        } finally {
            delete(file);
        }
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            file.toFile().deleteOnExit();
        }
    }

    /** Reads a file below the root. */
    Held path(String name) throws HttpFailure {
        if (root.isEmpty()) {
            throw new HttpFailure(403, "Paths are not allowed; the service was started without --root.");
        }
        try {
            Path base = root.get().toRealPath();
            Path asked = base.resolve(name).normalize();
            if (!asked.startsWith(base)) {
                throw new HttpFailure(403, "The path (%s) leads out of the folder that is allowed.".formatted(name));
            }
            Path file = asked.toRealPath();
            if (!file.startsWith(base)) {
                throw new HttpFailure(403, "The path (%s) leads out of the folder that is allowed.".formatted(name));
            }
            if (Files.isDirectory(file)) {
                return video(file, name);
            }
            byte[] start;
            try (var in = Files.newInputStream(file)) {
                start = in.readNBytes(64);
            }
            if (!image(start)) {
                return video(file, name);
            }
            if (Files.size(file) > limits.body()) {
                throw new HttpFailure(413, "%s has more than %s bytes.".formatted(name, limits.body()));
            }
            return image(Files.readAllBytes(file), name);
        } catch (NoSuchFileException e) {
            throw new HttpFailure(404, "The path (%s) does not exist.".formatted(name));
        } catch (InvalidPathException e) {
            throw new HttpFailure(400, "The path is not valid.");
        } catch (IOException e) {
            throw new HttpFailure(422, "%s cannot be read.".formatted(name));
        }
    }

    private static boolean starts(byte[] bytes, int at, String magic) {
        for (int i = 0; i < magic.length(); i++) {
            if (at + i >= bytes.length || (bytes[at + i] & 0xFF) != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean image(byte[] bytes) {
        return starts(bytes, 0, "\u0089PNG\r\n") || starts(bytes, 0, "\u00FF\u00D8\u00FF");
    }

    /** MP4 and MOV, Matroska and WebM, AVI and WebP, GIF. */
    private static boolean video(byte[] bytes) {
        return starts(bytes, 4, "ftyp")
                || starts(bytes, 0, "\u001AE\u00DF\u00A3")
                || starts(bytes, 0, "RIFF")
                || starts(bytes, 0, "GIF8");
    }

    private Held image(byte[] bytes, String name) throws HttpFailure {
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new HttpFailure(415, "%s is neither PNG nor JPEG.".formatted(name));
            }
            ImageReader reader = readers.next();
            long pixels;
            try {
                reader.setInput(in, true, true);
                pixels = (long) reader.getWidth(0) * reader.getHeight(0);
            } finally {
                reader.dispose();
            }
            if (pixels > limits.pixels()) {
                throw new HttpFailure(413, "%s has %s pixels, more than %s.".formatted(name, pixels, limits.pixels()));
            }
            // Java's decoder fills up what a JPEG lacks, and says nothing.
            if (starts(bytes, 0, "\u00FF\u00D8") && !ends(bytes)) {
                throw new HttpFailure(422, "%s is a JPEG without an end; it was cut short.".formatted(name));
            }
            // Java's image and our pixels
            int held = hold(7 * pixels);
            try {
                return new Held(ImageFiles.decode(bytes, name), memory, held);
            } catch (IOException | RuntimeException | Error e) {
                memory.release(held);
                throw e;
            }
        } catch (IOException | RuntimeException e) { // the readers of the JDK throw both on broken data
            String reason = e instanceof IOException && e.getMessage() != null ? e.getMessage() : name + " is broken.";
            throw new HttpFailure(422, reason);
        }
    }

    private static boolean ends(byte[] bytes) {
        for (int i = bytes.length - 2; i >= Math.max(0, bytes.length - JPEG_TAIL); i--) {
            if ((bytes[i] & 0xFF) == 0xFF && (bytes[i + 1] & 0xFF) == 0xD9) {
                return true;
            }
        }
        return false;
    }

    private Held video(Path file, String name) throws HttpFailure {
        long bytes = Math.min(VIDEO_BYTES, kilobytes * 512L);
        int held = hold(2 * bytes);
        try {
            Media media = MediaFiles.read(
                    file,
                    ReadOptions.DEFAULT.with(1, 0).with(limits.patience()),
                    new MediaFiles.Limits(limits.frames(), bytes));
            if ((long) media.height() * media.width() > limits.pixels()) {
                throw new HttpFailure(413, "%s has frames of more than %s pixels.".formatted(name, limits.pixels()));
            }
            return new Held(media, memory, held);
        } catch (IOException e) {
            memory.release(held);
            String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("it cannot be read");
            throw new HttpFailure(422, reason.replace(file.toString(), name));
        } catch (HttpFailure | RuntimeException | Error e) {
            memory.release(held);
            throw e;
        }
    }

    private int hold(long bytes) throws HttpFailure {
        long needed = bytes / 1024 + 1;
        if (needed > kilobytes) {
            throw new HttpFailure(413, "The media do not fit into the memory of this service.");
        }
        try {
            if (memory.tryAcquire((int) needed, limits.patience().toMillis(), TimeUnit.MILLISECONDS)) {
                return (int) needed;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new HttpFailure(503, "There was no memory for it in time.");
    }
}
