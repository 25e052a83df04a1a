package dev.sluice.video.internal;

import dev.sluice.video.ImageFiles;
import dev.sluice.video.VideoFrame;
import dev.sluice.video.WriteOptions;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** A still image. */
final class ImageSink implements FrameSink {
    private final Path file;
    private final boolean png;
    private final WriteOptions options;
    private byte[] bytes;

    ImageSink(Path file, boolean png, WriteOptions options) {
        this.file = file;
        this.png = png;
        this.options = options;
    }

    /** Returns a frame's file. */
    static byte[] encode(VideoFrame frame, boolean png, int quality) throws IOException {
        if (!png) {
            return ImageFiles.jpeg(frame.image(), quality);
        }
        if (frame.alpha().isEmpty()) {
            return ImageFiles.png(frame.image());
        }
        BufferedImage opaque = Rasters.image(frame.image());
        BufferedImage image = new BufferedImage(opaque.getWidth(), opaque.getHeight(), BufferedImage.TYPE_INT_ARGB);
        byte[] alpha = frame.alpha().get();
        for (int i = 0; i < alpha.length; i++) {
            int x = i % opaque.getWidth();
            int y = i / opaque.getWidth();
            image.setRGB(x, y, opaque.getRGB(x, y) & 0xFFFFFF | alpha[i] << 24);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        return out.toByteArray();
    }

    static void write(Path file, byte[] bytes) throws IOException {
        try (PartFile part = PartFile.of(file)) {
            Files.write(part.path(), bytes);
            part.finish();
        } catch (IOException e) {
            throw new IOException("%s cannot be written: %s.".formatted(file, e.getMessage()), e);
        }
    }

    @Override
    public String encoder() {
        return png ? "png" : "mjpeg";
    }

    @Override
    public void write(VideoFrame frame) throws IOException {
        if (bytes != null) {
            throw new IOException("""
                    %s is an image and holds one frame, but there are more.
                    Maybe name a folder, or a video file.""".formatted(file));
        }
        bytes = encode(frame, png, options.quality());
    }

    @Override
    public void finish() throws IOException {
        write(file, bytes);
    }

    @Override
    public void close() {
        bytes = null;
    }
}
