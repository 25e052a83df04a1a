package dev.sluice.video;

/**
 * An image (one frame) or a video, 8-bit sRGB.
 *
 * @param frames number of frames, at least 1
 * @param height rows
 * @param width columns
 * @param rgb frames × height × width × 3 bytes, red first; not copied, not to be changed
 * @param framesPerSecond playing speed; 0 for an image
 */
public record Media(int frames, int height, int width, byte[] rgb, double framesPerSecond) {
    public Media {
        if (!(frames >= 1 && height >= 1 && width >= 1)) {
            throw new IllegalArgumentException(
                    "frames, height and width (%s, %s, %s) must be at least 1.".formatted(frames, height, width));
        }
        long bytes = 3L * frames * height * width;
        if (rgb.length != bytes) {
            throw new IllegalArgumentException("rgb has %s bytes; %s frames of %s×%s pixels need %s."
                    .formatted(rgb.length, frames, height, width, bytes));
        }
        if (!(framesPerSecond >= 0 && framesPerSecond < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "framesPerSecond (%s) must be a finite number of at least 0.".formatted(framesPerSecond));
        }
    }

    /** Returns an image of one frame. */
    public static Media image(int height, int width, byte[] rgb) {
        return new Media(1, height, width, rgb, 0);
    }

    /** Returns whether there is one frame. */
    public boolean isImage() {
        return frames == 1;
    }

    /** Returns a value in 0..255 of a frame's row and column; channel 0 is red. */
    public int value(int frame, int y, int x, int channel) {
        return rgb[((frame * height + y) * width + x) * 3 + channel] & 0xFF;
    }
}
