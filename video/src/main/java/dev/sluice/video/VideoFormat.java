package dev.sluice.video;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The kinds of files that videos and images are written to; a file's name says which. */
public enum VideoFormat {
    /**
     * H.264 in MP4, 4:2:0, with the first encoder that is there: libx264 (in builds of FFmpeg under the GPL), libopenh264;
     * where there is none, VP9 in MP4. A width or height that is odd is made even by repeating the last column or row. Times
     * are exact at a constant rate, to 1/90000 s otherwise.
     */
    MP4(".mp4"),
    /** VP9, 4:2:0, also with transparency. Times are to the millisecond. */
    WEBM(".webm"),
    /** Lossless: FFV1 in Matroska, RGB, also with transparency, each frame with a checksum. Times are to the millisecond. */
    MKV(".mkv"),
    /**
     * GIF, each frame with its own 256 colours, exact where a frame has no more. Times are to 1/100 s.
     */
    GIF(".gif"),
    /**
     * Animated WebP, lossless at quality 100, also with transparency. Times are to the millisecond. Frames that equal the one
     * before become part of it: it is shown longer, and there are fewer.
     */
    WEBP(".webp"),
    /** Lossless: animated PNG, also with transparency. Times are to the millisecond. */
    APNG(".apng"),
    /** Lossless: a PNG image; the video must have one frame. */
    PNG(".png"),
    /** A JPEG image; the video must have one frame. */
    JPEG(".jpg .jpeg"),
    /** Lossless: a folder of PNG images, {@code frame-001.png} and so on; it keeps no times. */
    PNG_FOLDER(""),
    /** A folder of JPEG images, {@code frame-001.jpg} and so on; it keeps no times. */
    JPEG_FOLDER("");

    /** With blanks between them. */
    private final String endings;

    VideoFormat(String endings) {
        this.endings = endings;
    }

    /** Returns how names of such files end; empty for folders. */
    public List<String> endings() {
        return endings.isEmpty() ? List.of() : List.of(endings.split(" "));
    }

    /** Returns whether it keeps transparency; GIF's, which is all or nothing and carries over from frame to frame, is not written. */
    public boolean keepsAlpha() {
        return this != MP4 && this != GIF && this != JPEG && this != JPEG_FOLDER;
    }

    /**
     * Returns the format that a file's name asks for; a name without an ending is a folder of PNG images.
     *
     * @throws IllegalArgumentException if its ending is not one that is written
     */
    public static VideoFormat of(Path file) {
        String name =
                file.getFileName() == null ? "" : file.getFileName().toString().toLowerCase(Locale.ROOT);
        for (VideoFormat format : values()) {
            if (format.endings().stream().anyMatch(name::endsWith)) {
                return format;
            }
        }
        if (name.lastIndexOf('.') <= 0) {
            return PNG_FOLDER;
        }
        String known = Arrays.stream(values())
                .flatMap(format -> format.endings().stream())
                .collect(Collectors.joining(", "));
        throw new IllegalArgumentException(
                "file (%s) must end in one of %s, or have no ending, for a folder of PNG images."
                        .formatted(file, known));
    }
}
