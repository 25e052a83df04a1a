package dev.sluice.video.internal;

import dev.sluice.video.Soundtrack;
import dev.sluice.video.VideoFormat;
import dev.sluice.video.WriteOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Chooses who writes a file. */
public final class Sinks {
    private Sinks() {}

    /** Opens a file or a folder. */
    public static FrameSink open(
            Path file, VideoFormat format, int height, int width, WriteOptions options, Optional<Soundtrack> sound)
            throws IOException {
        return switch (format) {
            case PNG, JPEG -> new ImageSink(file, format == VideoFormat.PNG, options);
            case PNG_FOLDER, JPEG_FOLDER -> new ImageFolderSink(file, format == VideoFormat.PNG_FOLDER, options);
            default -> new FfmpegSink(file, Encoding.of(format, options), height, width, options, sound);
        };
    }
}
