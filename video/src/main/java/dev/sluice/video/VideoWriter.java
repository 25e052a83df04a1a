package dev.sluice.video;

import dev.sluice.video.internal.FrameSink;
import dev.sluice.video.internal.Sinks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Writes a video frame by frame. The file appears under its name when {@link #finish} has been called, in place of one that
 * was there; without that nothing is left of it. Missing folders are made. Example:
 *
 * <pre>{@code
 * try (VideoWriter writer = VideoWriter.open(file, 480, 832, WriteOptions.at(16))) {
 *     writer.write(video);
 *     writer.finish();
 * }
 * }</pre>
 */
public final class VideoWriter implements AutoCloseable {
    private final Path file;
    private final int height;
    private final int width;
    private final WriteOptions options;
    private final FrameSink sink;
    private long frames;
    private double last = Double.NEGATIVE_INFINITY;
    private boolean over;

    private VideoWriter(Path file, int height, int width, WriteOptions options, FrameSink sink) {
        this.file = file;
        this.height = height;
        this.width = width;
        this.options = options;
        this.sink = sink;
    }

    /** Opens a file of the kind that its name asks for, see {@link VideoFormat#of}. */
    public static VideoWriter open(Path file, int height, int width, WriteOptions options) throws IOException {
        return open(file, VideoFormat.of(file), height, width, options);
    }

    /**
     * Opens a file or folder.
     *
     * @param height rows of its frames
     * @param width columns of its frames
     * @throws IllegalArgumentException if the format cannot hold such frames
     * @throws IOException if the file cannot be made, or no encoder for it is there
     */
    public static VideoWriter open(Path file, VideoFormat format, int height, int width, WriteOptions options)
            throws IOException {
        return open(file, format, height, width, options, Optional.empty());
    }

    /**
     * Opens a file or folder that sound is copied to, as far as the frames go; {@link #sound} tells whether.
     *
     * @param sound of another file; its times are the frames'
     * @throws IllegalArgumentException if the format cannot hold such frames
     * @throws IOException if the file cannot be made, or no encoder for it is there, or the sound's file cannot be read
     */
    public static VideoWriter open(
            Path file, VideoFormat format, int height, int width, WriteOptions options, Optional<Soundtrack> sound)
            throws IOException {
        if (!(height >= 1 && width >= 1 && Math.max(height, width) <= 16_383)) {
            throw new IllegalArgumentException(
                    "height and width (%s, %s) must be in [1, 16383].".formatted(height, width));
        }
        if (options.alpha() && !format.keepsAlpha()) {
            throw new IllegalArgumentException("""
                    %s cannot hold transparency, because %s has none.
                    Maybe name a .webm, .mkv, .webp or .apng file.""".formatted(file, format));
        }
        return new VideoWriter(file, height, width, options, Sinks.open(file, format, height, width, options, sound));
    }

    /**
     * Returns what compresses the frames, by FFmpeg's name of the encoder, such as {@code libopenh264}; which one of several it
     * is depends on the build of FFmpeg.
     */
    public String encoder() {
        return sink.encoder();
    }

    /** Returns how the sound is compressed that is copied, such as {@code aac}; empty if there is none, or the format cannot hold it. */
    public Optional<String> sound() {
        return sink.sound();
    }

    /** Writes an image, or all frames of a video, at the constant rate. */
    public void write(Media media) throws IOException {
        if (options.framesPerSecond() == 0) {
            throw new IllegalStateException(
                    "A writer without a constant rate (%s) needs frames with times.".formatted(file));
        }
        int size = 3 * media.height() * media.width();
        for (int i = 0; i < media.frames(); i++) {
            byte[] rgb = media.isImage() ? media.rgb() : Arrays.copyOfRange(media.rgb(), i * size, (i + 1) * size);
            Media image = Media.image(media.height(), media.width(), rgb);
            double rate = options.framesPerSecond();
            add(new VideoFrame(frames, frames / rate, 1 / rate, image, Optional.empty()));
        }
    }

    /**
     * Writes a frame: at its time, which must be after the last one's, or, at a constant rate, after the last one.
     *
     * @throws IllegalArgumentException if it is of another size
     */
    public void write(VideoFrame frame) throws IOException {
        double rate = options.framesPerSecond();
        if (rate > 0) {
            add(new VideoFrame(frames, frames / rate, 1 / rate, frame.image(), frame.alpha()));
            return;
        }
        if (!(frame.seconds() > last)) {
            throw new IllegalArgumentException(
                    "%s: frame %s is shown at %s s, which is not after the one before (%s s)."
                            .formatted(file, frame.index(), frame.seconds(), last));
        }
        add(frame);
    }

    private void add(VideoFrame frame) throws IOException {
        if (over) {
            throw new IllegalStateException("The writer of %s is closed.".formatted(file));
        }
        Media image = frame.image();
        if (image.height() != height || image.width() != width) {
            throw new IllegalArgumentException(
                    "%s: frame %s has %s×%s pixels but the video has %s×%s; they must be equal."
                            .formatted(file, frames, image.height(), image.width(), height, width));
        }
        sink.write(frame);
        last = frame.seconds();
        frames++;
    }

    /**
     * Completes the file.
     *
     * @throws IOException if it cannot be written, or no frame was
     */
    public void finish() throws IOException {
        if (over) {
            throw new IllegalStateException("The writer of %s is closed.".formatted(file));
        }
        if (frames == 0) {
            throw new IOException("%s would have no frame.".formatted(file));
        }
        over = true;
        sink.finish();
    }

    /** Frees what the encoder holds; a file that was not finished is deleted. */
    @Override
    public void close() throws IOException {
        over = true;
        sink.close();
    }
}
