package dev.sluice.rewards.internal.artifact;

import dev.sluice.rewards.internal.Luma;
import java.util.Arrays;

/**
 * How much more restless the surroundings of edges are than places far from any: echoes of an edge, as a filter that cuts off high
 * frequencies or a sharpening one leaves. Halos so strong that they count as edges themselves are no longer near one.
 *
 * @param strength mean deviation in 3×3 windows near edges less that far from them, at least 0; 0 if there is no such place
 * @param edges how many pixels are edges: the gradient (Sobel/8) is above 25.5
 * @param near how many are near, 3 to 5 pixels from an edge
 * @param far how many are far, more than 8 pixels
 */
public record Ringing(double strength, int edges, int near, int far) {
    private static final double EDGE = 25.5;

    /** Measures a picture. */
    public static Ringing of(Luma luma) {
        boolean[] edges = edges(luma);
        boolean[] inner = dilated(edges, luma, 2);
        boolean[] outer = dilated(edges, luma, 5);
        boolean[] reach = dilated(edges, luma, 8);
        double nearSum = 0;
        double farSum = 0;
        int near = 0;
        int far = 0;
        int count = 0;
        for (int i = 0; i < edges.length; i++) {
            count += edges[i] ? 1 : 0;
            if (outer[i] && !inner[i]) {
                nearSum += deviation(luma, i / luma.width(), i % luma.width());
                near++;
            }
            if (!reach[i]) {
                farSum += deviation(luma, i / luma.width(), i % luma.width());
                far++;
            }
        }
        double strength = near == 0 || far == 0 ? 0 : Math.max(0, nearSum / near - farSum / far);
        return new Ringing(strength, count, near, far);
    }

    private static boolean[] edges(Luma luma) {
        boolean[] edges = new boolean[luma.values().length];
        for (int y = 0; y < luma.height(); y++) {
            for (int x = 0; x < luma.width(); x++) {
                double dx = column(luma, y, x + 1) - column(luma, y, x - 1);
                double dy = row(luma, y + 1, x) - row(luma, y - 1, x);
                edges[y * luma.width() + x] = Math.hypot(dx, dy) / 8 > EDGE;
            }
        }
        return edges;
    }

    private static double column(Luma luma, int y, int x) {
        return luma.nearest(y - 1, x) + 2 * luma.nearest(y, x) + luma.nearest(y + 1, x);
    }

    private static double row(Luma luma, int y, int x) {
        return luma.nearest(y, x - 1) + 2 * luma.nearest(y, x) + luma.nearest(y, x + 1);
    }

    private static double deviation(Luma luma, int y, int x) {
        double sum = 0;
        double squares = 0;
        for (int dy = -1; dy <= 1; dy++) {
            for (int dx = -1; dx <= 1; dx++) {
                double value = luma.nearest(y + dy, x + dx);
                sum += value;
                squares += value * value;
            }
        }
        return Math.sqrt(Math.max(0, squares / 9 - sum * sum / 81));
    }

    /** Returns what lies in a square of side 2r + 1 around any of the pixels, rows first and then columns. */
    private static boolean[] dilated(boolean[] pixels, Luma luma, int radius) {
        boolean[] wide = new boolean[pixels.length];
        for (int y = 0; y < luma.height(); y++) {
            for (int x = 0; x < luma.width(); x++) {
                if (pixels[y * luma.width() + x]) {
                    int first = y * luma.width();
                    Arrays.fill(
                            wide,
                            first + Math.max(0, x - radius),
                            first + Math.min(luma.width(), x + radius + 1),
                            true);
                }
            }
        }
        boolean[] all = new boolean[pixels.length];
        for (int y = 0; y < luma.height(); y++) {
            for (int x = 0; x < luma.width(); x++) {
                if (wide[y * luma.width() + x]) {
                    for (int to = Math.max(0, y - radius); to < Math.min(luma.height(), y + radius + 1); to++) {
                        all[to * luma.width() + x] = true;
                    }
                }
            }
        }
        return all;
    }
}
