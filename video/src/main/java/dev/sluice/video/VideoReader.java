package dev.sluice.video;

import dev.sluice.video.internal.FrameSource;
import dev.sluice.video.internal.ReadAhead;
import dev.sluice.video.internal.Sources;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Reads a video frame by frame, in memory that does not grow with its length: one frame, those decoded ahead, and what the
 * decoder keeps.
 *
 * <p>Reads MP4, MOV, WebM, Matroska, AVI, MPEG-TS and PS, FLV, Ogg, IVF, Y4M, GIF, APNG and WebP (animated or not), still PNG
 * and JPEG files as a video of one frame, and folders of numbered PNG or JPEG files. What a file is follows from its
 * content, not from its name. Local files only: whatever would open another file or an address (playlists, lists of files,
 * references to other files) is refused.
 *
 * <p>Frames are 8-bit sRGB, whatever the file stores. A reader belongs to one thread at a time. Example:
 *
 * <pre>{@code
 * try (VideoReader reader = VideoReader.open(file)) {
 *     for (Optional<VideoFrame> frame = reader.next(); frame.isPresent(); frame = reader.next()) {
 *         use(frame.get());
 *     }
 * }
 * }</pre>
 */
public final class VideoReader implements AutoCloseable {
    /** A GIF's times are in hundredths. */
    private static final double ROUNDING_SECONDS = 0.0051;

    private final FrameSource source;
    private final ReadAhead frames;

    private VideoReader(FrameSource source, ReadAhead frames) {
        this.source = source;
        this.frames = frames;
    }

    /** Opens a file or a folder of images with {@link ReadOptions#DEFAULT}. */
    public static VideoReader open(Path file) throws IOException {
        return open(file, ReadOptions.DEFAULT);
    }

    /**
     * Opens a file or a folder of images.
     *
     * @throws IOException with one sentence that names the file, if it is missing, broken, has no video, or is of a kind
     *     that is not read
     */
    public static VideoReader open(Path file, ReadOptions options) throws IOException {
        FrameSource source = Sources.open(file, options);
        return new VideoReader(source, new ReadAhead(source, file, options.ahead(), options.patience()));
    }

    /** Returns what the file says of itself. */
    public VideoInfo info() {
        return source.info();
    }

    /**
     * Returns the next frame, or nothing after the last one.
     *
     * @throws IOException with one sentence that names the file, if it is damaged or ends early, or if the frame took
     *     longer than the options' patience; the reader can then only be closed
     */
    public Optional<VideoFrame> next() throws IOException {
        return frames.next();
    }

    /**
     * Continues with the frame that is shown at a time: the last one that begins then or earlier.
     *
     * @param seconds from the first frame; at least 0
     * @throws IOException if the file cannot be read, or ends before that time
     */
    public void seek(double seconds) throws IOException {
        if (!(seconds >= 0 && seconds < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "seconds (%s) must be a finite number of at least 0.".formatted(seconds));
        }
        frames.stop();
        source.seek(seconds);
    }

    /**
     * Continues with a frame.
     *
     * @param index its number, from 0
     * @throws IOException if the file cannot be read, or has no such frame
     */
    public void seekFrame(long index) throws IOException {
        if (!(index >= 0)) {
            throw new IllegalArgumentException("index (%s) must be at least 0.".formatted(index));
        }
        frames.stop();
        source.seekFrame(index);
    }

    /**
     * Returns when each frame is shown, in seconds from the first one; the length is the exact number of frames. The first
     * call goes through the file once, mostly without decoding it; what is read next does not change.
     */
    public double[] times() throws IOException {
        return source.times().clone();
    }

    /**
     * Returns the rate at which frames follow one another evenly, or nothing if their times vary by more than containers round
     * them (5 ms and 30% of a frame). Looks at {@link #times}.
     */
    public OptionalDouble evenRate() throws IOException {
        double[] times = source.times();
        double stated = info().framesPerSecond();
        if (times.length < 2) {
            return stated > 0 ? OptionalDouble.of(stated) : OptionalDouble.empty();
        }
        double mean = (times.length - 1) / times[times.length - 1];
        // Rounded times hide the exact rate, which the header often has.
        double rate = Math.abs(stated - mean) < 0.02 * mean ? stated : mean;
        for (int i = 0; i < times.length; i++) {
            if (Math.abs(times[i] - i / rate) > Math.min(ROUNDING_SECONDS, 0.3 / rate)) {
                return OptionalDouble.empty();
            }
        }
        return OptionalDouble.of(rate);
    }

    /** Stops decoding and frees what the decoder holds. */
    @Override
    public void close() {
        frames.close();
    }
}
