package dev.sluice.flow;

import java.util.Arrays;

/**
 * A picture that a video starts from, of any size; it is resized to what is asked for.
 *
 * @param height rows
 * @param width columns
 * @param rgb height × width × 3 bytes, red first; not copied, not to be changed
 */
public record StartPicture(int height, int width, byte[] rgb) {
    public StartPicture {
        if (height < 1 || width < 1 || rgb.length != 3L * height * width) {
            throw new IllegalArgumentException("rgb has %s bytes; a picture of %s rows and %s columns needs %s."
                    .formatted(rgb.length, height, width, 3L * height * width));
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StartPicture p && p.height == height && p.width == width && Arrays.equals(p.rgb, rgb);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(rgb) + width;
    }

    @Override
    public String toString() {
        return "StartPicture[height=%s, width=%s]".formatted(height, width);
    }
}
