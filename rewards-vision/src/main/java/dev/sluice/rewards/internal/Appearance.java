package dev.sluice.rewards.internal;

import dev.sluice.video.Media;
import java.util.Arrays;

/**
 * What a frame looks like as a vector of length 1, without weights: in each cell of a 4×4 grid a histogram of colours (4×4×4, each
 * pixel shared out between the nearest bins) and one of the directions of edges (8, by strength). Both halves have the same
 * length in each cell.
 */
public final class Appearance {
    private static final int CELLS = 4;
    private static final int BINS = 4;
    private static final int COLOURS = BINS * BINS * BINS;
    private static final int DIRECTIONS = 8;

    /** Numbers of one cell. */
    public static final int CELL = COLOURS + DIRECTIONS;

    /** Numbers in all. */
    public static final int SIZE = CELLS * CELLS * CELL;

    private Appearance() {}

    /** Returns the whole frame's. */
    public static double[] of(Media media, int frame) {
        double[] all = new double[SIZE];
        Luma luma = Luma.of(media, frame);
        for (int y = 0; y < media.height(); y++) {
            for (int x = 0; x < media.width(); x++) {
                int cell = y * CELLS / media.height() * CELLS + x * CELLS / media.width();
                addColour(media, frame, y, x, all, cell * CELL);
                addEdge(luma, y, x, all, cell * CELL + COLOURS);
            }
        }
        for (int cell = 0; cell < CELLS * CELLS; cell++) {
            unit(all, cell * CELL, COLOURS);
            unit(all, cell * CELL + COLOURS, DIRECTIONS);
        }
        unit(all, 0, SIZE);
        return all;
    }

    /** Returns that of the twelve cells at the border: what is behind a subject in the middle. */
    public static double[] rim(Media media, int frame) {
        double[] all = of(media, frame);
        for (int row = 1; row < CELLS - 1; row++) {
            for (int column = 1; column < CELLS - 1; column++) {
                Arrays.fill(all, (row * CELLS + column) * CELL, (row * CELLS + column + 1) * CELL, 0);
            }
        }
        unit(all, 0, SIZE);
        return all;
    }

    /** Returns the mean of at most eight frames, of length 1. */
    public static double[] mean(Media media) {
        double[] mean = new double[SIZE];
        for (int frame : Stills.spread(media, 8)) {
            double[] one = of(media, frame);
            for (int i = 0; i < SIZE; i++) {
                mean[i] += one[i];
            }
        }
        unit(mean, 0, SIZE);
        return mean;
    }

    /** Returns the cosine of two vectors of length 1, at least 0. */
    public static double likeness(double[] one, double[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += one[i] * other[i];
        }
        return Math.max(0, Math.min(1, sum));
    }

    private static void addColour(Media media, int frame, int y, int x, double[] to, int first) {
        int[] low = new int[3];
        double[] high = new double[3];
        for (int c = 0; c < 3; c++) {
            double place = Math.max(0, Math.min(BINS - 1, media.value(frame, y, x, c) * BINS / 256.0 - 0.5));
            low[c] = (int) Math.min(BINS - 2, place);
            high[c] = place - low[c];
        }
        for (int corner = 0; corner < 8; corner++) {
            double weight = 1;
            int bin = 0;
            for (int c = 0; c < 3; c++) {
                int up = corner >> c & 1;
                weight *= up == 1 ? high[c] : 1 - high[c];
                bin = bin * BINS + low[c] + up;
            }
            to[first + bin] += weight;
        }
    }

    private static void addEdge(Luma luma, int y, int x, double[] to, int first) {
        double dx = luma.nearest(y, x + 1) - luma.nearest(y, x - 1);
        double dy = luma.nearest(y + 1, x) - luma.nearest(y - 1, x);
        double turn = (Math.atan2(dy, dx) / Math.PI + 2) % 1 * DIRECTIONS;
        int low = (int) turn % DIRECTIONS;
        double part = turn - Math.floor(turn);
        double strength = Math.hypot(dx, dy);
        to[first + low] += strength * (1 - part);
        to[first + (low + 1) % DIRECTIONS] += strength * part;
    }

    private static void unit(double[] values, int first, int size) {
        double squares = 0;
        for (int i = first; i < first + size; i++) {
            squares += values[i] * values[i];
        }
        for (int i = first; i < first + size && squares > 0; i++) {
            values[i] /= Math.sqrt(squares);
        }
    }
}
