package dev.sluice.cli.internal.score;

import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** Tells media from other files, and reads them: images, and folders of a video's frames. */
public final class MediaFiles {
    private static final Set<String> ENDINGS = Set.of("png", "jpg", "jpeg");
    private static final String FRAME = "frame-\\d+\\.png";

    /** What {@code sluice sample} takes its videos to play at; a folder of frames does not say. */
    private static final double FRAMES_PER_SECOND = 16;

    private MediaFiles() {}

    /** Returns whether the name is that of a file which can be scored. */
    static boolean named(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return !name.startsWith(".") && ENDINGS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
    }

    /** Returns whether it is a folder of nothing but a video's frames. */
    static boolean video(Path folder) throws IOException {
        List<Path> entries = entries(folder);
        return !entries.isEmpty() && entries.stream().allMatch(MediaFiles::frame);
    }

    private static boolean frame(Path file) {
        return file.getFileName().toString().matches(FRAME);
    }

    private static List<Path> entries(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        }
    }

    /**
     * Reads an image, or a folder of frames.
     *
     * @throws IOException with one sentence, if it is missing or broken
     */
    public static Media read(Path path) throws IOException {
        return Files.isDirectory(path) ? frames(path) : ImageFiles.read(path);
    }

    private static Media frames(Path folder) throws IOException {
        List<Path> files = entries(folder).stream().filter(MediaFiles::frame).toList();
        if (files.isEmpty()) {
            throw new IOException("%s is a folder without frames; frame-001.png is expected.".formatted(folder));
        }
        byte[] rgb = new byte[0];
        Media first = ImageFiles.read(files.get(0));
        for (int i = 0; i < files.size(); i++) {
            Media frame = i == 0 ? first : ImageFiles.read(files.get(i));
            if (frame.width() != first.width() || frame.height() != first.height()) {
                throw new IOException("%s has %s×%s pixels but the first frame has %s×%s; they must be equal."
                        .formatted(files.get(i), frame.height(), frame.width(), first.height(), first.width()));
            }
            if (i == 0) {
                long bytes = (long) first.rgb().length * files.size();
                if (bytes > Integer.MAX_VALUE - 8) {
                    throw new IOException(
                            "%s has %s frames, which do not fit into memory.".formatted(folder, files.size()));
                }
                rgb = new byte[(int) bytes];
            }
            System.arraycopy(frame.rgb(), 0, rgb, i * frame.rgb().length, frame.rgb().length);
        }
        return new Media(files.size(), first.height(), first.width(), rgb, FRAMES_PER_SECOND);
    }
}
