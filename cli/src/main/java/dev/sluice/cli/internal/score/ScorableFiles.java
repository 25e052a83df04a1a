package dev.sluice.cli.internal.score;

import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import dev.sluice.video.MediaFiles;
import dev.sluice.video.ReadOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** Tells files that can be scored from others by their names, and reads them: images, videos, and folders of frames. */
public final class ScorableFiles {
    private static final Set<String> IMAGES = Set.of("png", "jpg", "jpeg");
    private static final Set<String> VIDEOS =
            Set.of("mp4", "m4v", "mov", "webm", "mkv", "avi", "gif", "apng", "webp", "y4m");
    private static final String FRAME = "frame-\\d+\\.png";

    /** One thread a video, and none ahead: several are read side by side already. */
    private static final ReadOptions READING = ReadOptions.DEFAULT.with(1, 0);

    private ScorableFiles() {}

    private static String ending(Path file) {
        String name = file.getFileName().toString();
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    /** Returns whether the name is that of a file which can be scored. */
    static boolean named(Path file) {
        return !file.getFileName().toString().startsWith(".")
                && (IMAGES.contains(ending(file)) || VIDEOS.contains(ending(file)));
    }

    /** Returns whether it is a folder of nothing but a video's frames. */
    static boolean video(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> all = entries.toList();
            return !all.isEmpty()
                    && all.stream()
                            .allMatch(file -> file.getFileName().toString().matches(FRAME));
        }
    }

    /**
     * Reads an image, a video, or a folder of frames.
     *
     * @throws IOException with one sentence, if it is missing or broken
     */
    public static Media read(Path path) throws IOException {
        return IMAGES.contains(ending(path)) && !Files.isDirectory(path)
                ? ImageFiles.read(path)
                : MediaFiles.read(path, READING, MediaFiles.Limits.DEFAULT);
    }
}
