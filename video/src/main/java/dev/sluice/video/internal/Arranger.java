package dev.sluice.video.internal;

import dev.sluice.video.Layout;
import java.util.Optional;

/** Turns scaled pixels upright, lays transparent ones on white, and puts the picture in its place. */
record Arranger(Layout.Placement placement, int rotation, boolean keepAlpha) {
    /**
     * Arranges a picture.
     *
     * @param from height × width × channels values as they are stored, not upright
     * @param channels 3, or 4 with opacity
     */
    FrameConverter.Pixels arrange(byte[] from, int height, int width, int channels) {
        int area = placement.height() * placement.width();
        byte[] rgb = new byte[3 * area];
        byte[] alpha = channels == 4 && keepAlpha ? new byte[area] : null;
        int top = Math.max(0, placement.top());
        int left = Math.max(0, placement.left());
        int bottom = Math.min(placement.height(), placement.top() + placement.scaledHeight());
        int right = Math.min(placement.width(), placement.left() + placement.scaledWidth());
        int down = step(1, 0, width);
        int across = step(0, 1, width);
        int corner = corner(height, width);
        for (int y = top; y < bottom; y++) {
            int at = corner + (y - placement.top()) * down + (left - placement.left()) * across;
            for (int x = left, to = y * placement.width() + left; x < right; x++, to++, at += across) {
                pixel(from, at * channels, channels, rgb, to, alpha);
            }
        }
        return new FrameConverter.Pixels(placement.height(), placement.width(), rgb, Optional.ofNullable(alpha));
    }

    private static void pixel(byte[] from, int at, int channels, byte[] rgb, int to, byte[] alpha) {
        int opacity = channels == 4 ? from[at + 3] & 0xFF : 255;
        for (int c = 0; c < 3; c++) {
            int value = from[at + c] & 0xFF;
            // 255·white + opacity·(value − white), rounded
            boolean flatten = alpha == null && opacity != 255;
            rgb[3 * to + c] = (byte) (flatten ? (value * opacity + 255 * (255 - opacity) + 127) / 255 : value);
        }
        if (alpha != null) {
            alpha[to] = (byte) opacity;
        }
    }

    /** Returns how far apart in the stored picture two pixels lie that are neighbours in the upright one. */
    private int step(int dy, int dx, int width) {
        return switch (rotation) {
            case 90 -> dx * -width + dy;
            case 180 -> -dy * width - dx;
            case 270 -> dx * width - dy;
            default -> dy * width + dx;
        };
    }

    /** Returns which stored pixel becomes the upper left one. */
    private int corner(int height, int width) {
        return switch (rotation) {
            case 90 -> (height - 1) * width;
            case 180 -> height * width - 1;
            case 270 -> width - 1;
            default -> 0;
        };
    }
}
