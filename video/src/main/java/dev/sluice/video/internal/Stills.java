package dev.sluice.video.internal;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Reads still PNG and JPEG images. */
public final class Stills {
    /** More pixels than any model makes; a larger header is a mistake or an attack on the memory. */
    private static final long MOST_PIXELS = 100_000_000;

    private Stills() {}

    /** Returns a file's bytes. */
    public static byte[] bytes(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new IOException("%s does not exist.".formatted(file), e);
        } catch (IOException | OutOfMemoryError e) {
            throw new IOException("%s cannot be read: %s.".formatted(file, e.getMessage()), e);
        }
    }

    /** Decodes a file's bytes, upright as their Exif data have it; the name is for messages. */
    public static BufferedImage decode(byte[] bytes, String name) throws IOException {
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new IOException("%s (%s bytes) is neither a PNG nor a JPEG image.".formatted(name, bytes.length));
            }
            ImageReader reader = readers.next();
            try {
                return Orientation.upright(decode(reader, in, name), Orientation.of(bytes));
            } finally {
                reader.dispose();
            }
        }
    }

    private static BufferedImage decode(ImageReader reader, ImageInputStream in, String name) throws IOException {
        try {
            reader.setInput(in, true, true);
            long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
            if (pixels > MOST_PIXELS) {
                throw new IOException("it has %s pixels, which is more than %s".formatted(pixels, MOST_PIXELS));
            }
            return reader.read(0);
        } catch (IOException | RuntimeException e) { // the readers of the JDK throw both on broken data
            String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new IOException("%s is a broken image: %s.".formatted(name, reason), e);
        }
    }
}
