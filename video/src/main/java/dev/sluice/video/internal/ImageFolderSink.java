package dev.sluice.video.internal;

import dev.sluice.video.VideoFrame;
import dev.sluice.video.WriteOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A folder of images; each is whole when it is there, and those of a video that was not finished are deleted. */
final class ImageFolderSink implements FrameSink {
    private final Path folder;
    private final boolean png;
    private final WriteOptions options;
    private final List<Path> written = new ArrayList<>();
    private boolean finished;

    ImageFolderSink(Path folder, boolean png, WriteOptions options) throws IOException {
        this.folder = folder;
        this.png = png;
        this.options = options;
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new IOException("%s is a file; expected a folder to write frames to.".formatted(folder));
        }
        if (Files.isDirectory(folder)) {
            try (Stream<Path> entries = Files.list(folder)) {
                if (entries.findAny().isPresent()) {
                    throw new IOException("%s is not empty; frames are written to a new folder.".formatted(folder));
                }
            }
        }
    }

    @Override
    public String encoder() {
        return png ? "png" : "mjpeg";
    }

    @Override
    public void write(VideoFrame frame) throws IOException {
        Path file = folder.resolve("frame-%03d.%s".formatted(written.size() + 1, png ? "png" : "jpg"));
        ImageSink.write(file, ImageSink.encode(frame, png, options.quality()));
        written.add(file);
    }

    @Override
    public void finish() {
        finished = true;
    }

    @Override
    public void close() throws IOException {
        if (!finished) {
            for (Path file : written) {
                Files.deleteIfExists(file);
            }
        }
    }
}
