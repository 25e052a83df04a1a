package dev.sluice.rewards.internal;

import dev.sluice.video.Media;
import java.util.Arrays;

/**
 * The brightness of a frame, 0.299 R + 0.587 G + 0.114 B, in [0, 255] and not rounded.
 *
 * @param height rows
 * @param width columns
 * @param values row by row; not to be changed
 */
public record Luma(int height, int width, double[] values) {
    /** Returns the brightness of one frame. */
    public static Luma of(Media media, int frame) {
        int area = media.height() * media.width();
        byte[] rgb = media.rgb();
        double[] values = new double[area];
        int at = frame * 3 * area;
        for (int i = 0; i < area; i++, at += 3) {
            values[i] = 0.299 * (rgb[at] & 0xFF) + 0.587 * (rgb[at + 1] & 0xFF) + 0.114 * (rgb[at + 2] & 0xFF);
        }
        return new Luma(media.height(), media.width(), values);
    }

    /** Returns the brightness of every frame. */
    public static Luma[] frames(Media media) {
        Luma[] frames = new Luma[media.frames()];
        Arrays.setAll(frames, frame -> of(media, frame));
        return frames;
    }

    /** Returns the value of a row and a column. */
    public double at(int y, int x) {
        return values[y * width + x];
    }

    /** Returns the value of a row and a column, or of the nearest pixel to a place outside. */
    public double nearest(int y, int x) {
        return at(Math.max(0, Math.min(height - 1, y)), Math.max(0, Math.min(width - 1, x)));
    }

    /** Returns the mean. */
    public double mean() {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** Returns the variance, divided by the number of pixels. */
    public double variance() {
        double mean = mean();
        double sum = 0;
        for (double value : values) {
            sum += (value - mean) * (value - mean);
        }
        return sum / values.length;
    }

    /** Returns the mean absolute difference. */
    public double distance(Luma other) {
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum += Math.abs(values[i] - other.values[i]);
        }
        return sum / values.length;
    }
}
