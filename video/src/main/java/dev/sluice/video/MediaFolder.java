package dev.sluice.video;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** Tells images and videos from other files, by their names. */
public final class MediaFolder {
    private static final Set<String> IMAGES = Set.of("png", "jpg", "jpeg");
    private static final Set<String> VIDEOS =
            Set.of("mp4", "m4v", "mov", "webm", "mkv", "avi", "gif", "apng", "webp", "y4m");
    private static final String FRAME = "frame-\\d+\\.png";

    private MediaFolder() {}

    private static String ending(Path file) {
        String name = file.getFileName().toString();
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    /** Returns whether the name is that of an image (PNG, JPEG). */
    public static boolean isImage(Path file) {
        return IMAGES.contains(ending(file));
    }

    /** Returns whether the name is that of an image or a video, and not a hidden one. */
    public static boolean isMedia(Path file) {
        return !file.getFileName().toString().startsWith(".") && (isImage(file) || VIDEOS.contains(ending(file)));
    }

    /** Returns whether a folder holds a video's frames, {@code frame-001.png} and so on, and nothing else. */
    public static boolean isFrames(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> all = entries.toList();
            return !all.isEmpty()
                    && all.stream()
                            .allMatch(file -> file.getFileName().toString().matches(FRAME));
        }
    }

    /** Returns the images, videos and folders of frames that lie in a folder, sorted; what lies deeper is not looked at. */
    public static List<Path> list(Path folder) throws IOException {
        List<Path> media = new ArrayList<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.sorted().toList()) {
                if (Files.isDirectory(entry) ? isFrames(entry) : isMedia(entry)) {
                    media.add(entry);
                }
            }
        }
        return media;
    }
}
