package dev.sluice.video;

import java.util.Optional;

/**
 * A frame of a video.
 *
 * @param index its number, from 0
 * @param seconds when it is shown, from the first frame
 * @param durationSeconds how long it is shown; 0 of a still image
 * @param image its pixels, an image
 * @param alpha height × width opacities, 255 is opaque, if they were asked for and the file has any
 */
public record VideoFrame(long index, double seconds, double durationSeconds, Media image, Optional<byte[]> alpha) {
    /** Checks the sizes. */
    public VideoFrame {
        if (!image.isImage()) {
            throw new IllegalArgumentException("image (%s frames) must be an image.".formatted(image.frames()));
        }
        int area = image.height() * image.width();
        if (alpha.isPresent() && alpha.get().length != area) {
            throw new IllegalArgumentException("alpha has %s values but image has %s pixels; they must be equal."
                    .formatted(alpha.get().length, area));
        }
        if (!(index >= 0 && Double.isFinite(seconds) && durationSeconds >= 0)) {
            throw new IllegalArgumentException(
                    "index, seconds and durationSeconds (%s, %s, %s) must be numbers of at least 0."
                            .formatted(index, seconds, durationSeconds));
        }
    }
}
