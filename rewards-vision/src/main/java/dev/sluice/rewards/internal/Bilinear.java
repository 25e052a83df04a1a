package dev.sluice.rewards.internal;

import dev.sluice.video.Media;

/** Reads values between pixels. */
public final class Bilinear {
    private Bilinear() {}

    /** Returns a value between pixels, linearly, with the border going on beyond the picture. */
    public static double at(Media media, int frame, double y, double x, int channel) {
        double row = Math.max(0, Math.min(media.height() - 1, y));
        double column = Math.max(0, Math.min(media.width() - 1, x));
        int top = (int) row;
        int left = (int) column;
        int bottom = Math.min(media.height() - 1, top + 1);
        int right = Math.min(media.width() - 1, left + 1);
        double upper = media.value(frame, top, left, channel) * (1 - (column - left))
                + media.value(frame, top, right, channel) * (column - left);
        double lower = media.value(frame, bottom, left, channel) * (1 - (column - left))
                + media.value(frame, bottom, right, channel) * (column - left);
        return upper * (1 - (row - top)) + lower * (row - top);
    }
}
