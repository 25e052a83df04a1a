package dev.sluice.video;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** Whole videos and images, from files to memory and back. */
public final class MediaFiles {
    private MediaFiles() {}

    /**
     * How much of memory a video may take.
     *
     * @param frames most frames
     * @param bytes most bytes of pixels, at 3 a pixel
     */
    public record Limits(int frames, long bytes) {
        /** Ten thousand frames and 1 GB: 40 seconds of 832×480 at 16 frames a second, several times over. */
        public static final Limits DEFAULT = new Limits(10_000, 1_000_000_000);

        /** Checks the numbers. */
        public Limits {
            if (!(frames >= 1 && bytes >= 1)) {
                throw new IllegalArgumentException(
                        "frames and bytes (%s, %s) must be at least 1.".formatted(frames, bytes));
            }
        }
    }

    /** Reads an image or a video, or a folder of images, with {@link ReadOptions#DEFAULT} and {@link Limits#DEFAULT}. */
    public static Media read(Path file) throws IOException {
        return read(file, ReadOptions.DEFAULT, Limits.DEFAULT);
    }

    /**
     * Reads an image or a video, or a folder of images. Frames of a varying rate are taken one by one; the speed is then
     * their mean.
     *
     * @return an image, or a video with the file's speed
     * @throws IOException with one sentence that names the file, if it cannot be read, is damaged, or is larger than the
     *     limits
     */
    public static Media read(Path file, ReadOptions options, Limits limits) throws IOException {
        try (VideoReader reader = VideoReader.open(file, options)) {
            long mostBytes = Math.min(limits.bytes, Integer.MAX_VALUE - 8L);
            byte[] rgb = new byte[0];
            int frames = 0;
            Media last = null;
            for (Optional<VideoFrame> frame = reader.next(); frame.isPresent(); frame = reader.next()) {
                last = frame.get().image();
                long size = last.rgb().length;
                if (frames == limits.frames || (frames + 1) * size > mostBytes) {
                    throw new IOException(
                            """
                            %s has more than %s frames of %s×%s pixels, which is more than is read at once (%s frames, %s bytes).
                            Maybe read it smaller or shorter.""".formatted(file, frames, last.height(), last.width(), limits.frames, mostBytes));
                }
                if (frames == 0) {
                    rgb = Arrays.copyOf(
                            last.rgb(), Math.toIntExact(size * expected(reader.info(), limits, mostBytes / size)));
                } else {
                    if (rgb.length < (frames + 1) * size) {
                        rgb = Arrays.copyOf(rgb, (int) Math.min(mostBytes / size * size, 2L * rgb.length));
                    }
                    System.arraycopy(last.rgb(), 0, rgb, Math.toIntExact(frames * size), (int) size);
                }
                frames++;
            }
            if (last == null) {
                throw new IOException("%s has no frame.".formatted(file));
            }
            int bytes = frames * last.rgb().length;
            double rate = frames == 1 ? 0 : reader.info().framesPerSecond();
            return new Media(
                    frames, last.height(), last.width(), rgb.length == bytes ? rgb : Arrays.copyOf(rgb, bytes), rate);
        }
    }

    /**
     * Writes an image or a video to a file of the kind that its name asks for, see {@link VideoFormat}, at its own speed and
     * {@link WriteOptions#DEFAULT_QUALITY}. The file appears under its name when it is complete, in place of one that was there.
     *
     * @throws IllegalArgumentException if the file is of a kind that is not written
     * @throws IOException if it cannot be written; if it is an image file and the media has several frames
     */
    public static void write(Media media, Path file) throws IOException {
        write(media, VideoFormat.of(file), file);
    }

    /** Does what {@link #write(Media, Path)} does for a file of a given kind, whatever its name. */
    public static void write(Media media, VideoFormat format, Path file) throws IOException {
        double rate = media.framesPerSecond() > 0 ? media.framesPerSecond() : 1;
        try (VideoWriter writer =
                VideoWriter.open(file, format, media.height(), media.width(), WriteOptions.at(rate))) {
            writer.write(media);
            writer.finish();
        }
    }

    /** Returns how many frames to expect: what the header says, within bounds, because it may say anything. */
    private static long expected(VideoInfo info, Limits limits, long mostFrames) {
        return Math.max(1, Math.min(Math.min(info.frames(), 256), Math.min(limits.frames, mostFrames)));
    }
}
