package dev.sluice.cli.internal.score;

import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import dev.sluice.video.MediaFiles;
import dev.sluice.video.MediaFolder;
import dev.sluice.video.ReadOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads what can be scored: images, videos, and folders of frames. */
public final class ScorableFiles {
    /** One thread a video, and none ahead: several are read side by side already. */
    private static final ReadOptions READING = ReadOptions.DEFAULT.with(1, 0);

    private ScorableFiles() {}

    /**
     * Reads an image, a video, or a folder of frames.
     *
     * @throws IOException with one sentence, if it is missing or broken
     */
    public static Media read(Path path) throws IOException {
        return MediaFolder.isImage(path) && !Files.isDirectory(path)
                ? ImageFiles.read(path)
                : MediaFiles.read(path, READING, MediaFiles.Limits.DEFAULT);
    }
}
