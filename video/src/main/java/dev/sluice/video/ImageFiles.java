package dev.sluice.video;

import dev.sluice.video.internal.PartFile;
import dev.sluice.video.internal.Rasters;
import dev.sluice.video.internal.Stills;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Still images in PNG and JPEG files.
 *
 * <p>Transparent pixels are laid on white. Grey values are taken as they stand, 16-bit values lose their lower 8 bits. A JPEG file's
 * orientation in Exif data is applied.
 */
public final class ImageFiles {
    /** The quality of a JPEG file that {@link #write} makes. */
    public static final int JPEG_QUALITY = 95;

    private ImageFiles() {}

    /**
     * Reads a PNG or JPEG file.
     *
     * @throws IOException with one sentence that names the file, if it is missing, broken or of another kind
     */
    public static Media read(Path file) throws IOException {
        return decode(Stills.bytes(file), file.toString());
    }

    /**
     * Decodes a PNG or JPEG file's bytes.
     *
     * @param name what to call it in a message
     * @throws IOException with one sentence, if the bytes are broken or of another kind
     */
    public static Media decode(byte[] bytes, String name) throws IOException {
        return Rasters.media(Stills.decode(bytes, name));
    }

    /**
     * Writes an image; the file appears under its name when it is complete, in place of one that was there. Missing
     * folders are made.
     *
     * @param media an image; of a video only one frame could be written, so it is refused
     * @param file ends in .png, .jpg or .jpeg
     * @throws IOException with the file's name, if it cannot be written
     */
    public static void write(Media media, Path file) throws IOException {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        byte[] bytes;
        if (name.endsWith(".png")) {
            bytes = png(media);
        } else if (name.endsWith(".jpg") || name.endsWith(".jpeg")) {
            bytes = jpeg(media, JPEG_QUALITY);
        } else {
            throw new IllegalArgumentException("file (%s) must end in .png, .jpg or .jpeg.".formatted(file));
        }
        try (PartFile part = PartFile.of(file)) {
            Files.write(part.path(), bytes);
            part.finish();
        } catch (IOException e) {
            throw new IOException("%s cannot be written: %s.".formatted(file, e.getMessage()), e);
        }
    }

    /** Returns a PNG file's bytes, 8-bit RGB. */
    public static byte[] png(Media media) {
        return encode(media, "png", -1);
    }

    /**
     * Returns a JPEG file's bytes: 4:2:0, standard Huffman tables, as many bytes as Pillow writes for the same quality.
     *
     * @param quality 1 to 100
     */
    public static byte[] jpeg(Media media, int quality) {
        if (!(quality >= 1 && quality <= 100)) {
            throw new IllegalArgumentException("quality (%s) must be in [1, 100].".formatted(quality));
        }
        return encode(media, "jpeg", quality / 100f);
    }

    private static byte[] encode(Media media, String format, float quality) {
        if (!media.isImage()) {
            throw new IllegalArgumentException(
                    "media (%s frames) must be an image.\nMaybe pick one frame of it.".formatted(media.frames()));
        }
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        // a memory stream, because ImageIO's default writes a temporary file
        try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam param = writer.getDefaultWriteParam();
            if (quality > 0) {
                param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
                param.setCompressionQuality(quality);
            }
            writer.write(null, new IIOImage(Rasters.image(media), null, null), param);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing but memory is written to
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
