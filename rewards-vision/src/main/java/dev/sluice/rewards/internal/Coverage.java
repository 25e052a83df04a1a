package dev.sluice.rewards.internal;

import dev.sluice.rewards.SceneObject;
import dev.sluice.rewards.SceneShape;
import java.util.Arrays;

/**
 * How much of each pixel an object covers, by 4×4 samples.
 *
 * <p>In a row of samples what is inside begins and ends at a few columns. They are found by bisection with the very test
 * that decides a single sample, so the result is that of testing every sample.
 */
final class Coverage {
    private static final int SAMPLES = 4;
    private static final double[][] TRIANGLE = {{0, -0.95}, {1.1, 0.95}, {-1.1, 0.95}};
    private static final double[][] STAR = star(1.25, 0.53);

    private final SceneShape shape;
    private final int left;
    private final int right;
    private final int top;
    private final int bottom;
    /** Of the pixels in the box, row by row. */
    private final double[] shares;
    /** The samples' columns from the middle of the shape, in radii, ascending. */
    private final double[] xs;
    /** The first column that is not left of the middle. */
    private final int middle;
    /** Columns where what is inside begins, ends, begins again, and so on. */
    private final int[] turns = new int[STAR.length];

    /** Draws an object into a picture of a size. */
    Coverage(SceneObject object, int width, int height) {
        shape = object.shape();
        left = (int) Math.max(0, Math.floor(object.left()));
        right = (int) Math.max(left, Math.min(width, Math.ceil(object.right())));
        top = (int) Math.max(0, Math.floor(object.top()));
        bottom = (int) Math.max(top, Math.min(height, Math.ceil(object.bottom())));
        shares = new double[(right - left) * (bottom - top)];
        xs = samples(left, right, object.x(), object.radius());
        middle = firstNotBelow(0);
        double[] ys = samples(top, bottom, object.y(), object.radius());
        for (int i = 0; i < ys.length; i++) {
            addRow(ys[i], i / SAMPLES * (right - left));
        }
    }

    /** Returns the first column of the box in which the object lies. */
    int left() {
        return left;
    }

    /** Returns the column after the box. */
    int right() {
        return right;
    }

    /** Returns the first row of the box. */
    int top() {
        return top;
    }

    /** Returns the row after the box. */
    int bottom() {
        return bottom;
    }

    /** Returns the share of a pixel that the object covers, in [0, 1]; 0 outside of the box. */
    double share(int x, int y) {
        boolean within = x >= left && x < right && y >= top && y < bottom;
        return within ? shares[(y - top) * (right - left) + x - left] : 0;
    }

    private static double[] samples(int first, int end, double middle, double radius) {
        double[] places = new double[SAMPLES * (end - first)];
        for (int i = 0; i < places.length; i++) {
            places[i] = (first + i / SAMPLES + (i % SAMPLES + 0.5) / SAMPLES - middle) / radius;
        }
        return places;
    }

    private void addRow(double y, int rowStart) {
        int count = turns(y);
        for (int k = 0; k + 1 < count; k += 2) {
            for (int pixel = turns[k] / SAMPLES; pixel * SAMPLES < turns[k + 1]; pixel++) {
                int from = Math.max(turns[k], pixel * SAMPLES);
                int to = Math.min(turns[k + 1], (pixel + 1) * SAMPLES);
                shares[rowStart + pixel] += (to - from) / (double) (SAMPLES * SAMPLES);
            }
        }
    }

    /** Finds the turns of a row of samples and returns their number, which is even. */
    private int turns(double y) {
        return switch (shape) {
            case CIRCLE, SQUARE -> turnsOfConvex(y);
            case TRIANGLE -> turnsOfPolygon(TRIANGLE, y);
            case STAR -> turnsOfPolygon(STAR, y);
        };
    }

    private boolean inside(double x, double y) {
        return shape == SceneShape.CIRCLE
                ? x * x + y * y <= 1
                : Math.max(Math.abs(x), Math.abs(y)) <= shape.halfWidth();
    }

    /** A sample that is nearer to the middle than one that is inside is inside, too. */
    private int turnsOfConvex(double y) {
        int low = 0;
        for (int high = middle; low < high; ) {
            int at = (low + high) >>> 1;
            if (inside(xs[at], y)) {
                high = at;
            } else {
                low = at + 1;
            }
        }
        turns[0] = low;
        low = middle;
        for (int high = xs.length; low < high; ) {
            int at = (low + high) >>> 1;
            if (inside(xs[at], y)) {
                low = at + 1;
            } else {
                high = at;
            }
        }
        turns[1] = low;
        return 2;
    }

    /** Even-odd rule: a side to the right of a sample toggles it. */
    private int turnsOfPolygon(double[][] corners, double y) {
        int count = 0;
        for (int i = 0, j = corners.length - 1; i < corners.length; j = i++) {
            double[] a = corners[i];
            double[] b = corners[j];
            if (a[1] > y != b[1] > y) {
                turns[count++] = firstNotBelow((b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]);
            }
        }
        Arrays.sort(turns, 0, count);
        return count;
    }

    private int firstNotBelow(double x) {
        int low = 0;
        for (int high = xs.length; low < high; ) {
            int at = (low + high) >>> 1;
            if (xs[at] < x) {
                low = at + 1;
            } else {
                high = at;
            }
        }
        return low;
    }

    private static double[][] star(double outer, double inner) {
        double[][] corners = new double[10][];
        for (int i = 0; i < 10; i++) {
            double angle = Math.PI * i / 5;
            double radius = i % 2 == 0 ? outer : inner;
            corners[i] = new double[] {radius * StrictMath.sin(angle), -radius * StrictMath.cos(angle)};
        }
        return corners;
    }
}
