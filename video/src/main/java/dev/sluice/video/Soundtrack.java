package dev.sluice.video;

import java.nio.file.Path;

/**
 * The sound of a video file, which {@link VideoWriter} copies to another as it is compressed.
 *
 * @param file a file that has sound, see {@link VideoInfo#audio}
 * @param from the second, by the times of the file's frames, at which the first frame that is written was shown
 * @param damagedToo whether sound that breaks off is copied up to there, and is no error
 */
public record Soundtrack(Path file, double from, boolean damagedToo) {
    public Soundtrack {
        if (!(from >= 0 && from < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("from (%s) must be a number of at least 0.".formatted(from));
        }
    }
}
