package dev.sluice.rewards.internal;

import dev.sluice.rewards.Scene;
import dev.sluice.rewards.SceneObject;
import dev.sluice.rewards.SceneShape;
import java.util.Arrays;

/** Draws scenes with 4×4 samples for each pixel. */
public final class SceneRenderer {
    private static final int SAMPLES = 4;
    private static final double[][] TRIANGLE = {{0, -0.95}, {1.1, 0.95}, {-1.1, 0.95}};
    private static final double[][] STAR = star(1.25, 0.53);

    private SceneRenderer() {}

    private static double[][] star(double outer, double inner) {
        double[][] corners = new double[10][];
        for (int i = 0; i < 10; i++) {
            double angle = Math.PI * i / 5;
            double radius = i % 2 == 0 ? outer : inner;
            corners[i] = new double[] {radius * StrictMath.sin(angle), -radius * StrictMath.cos(angle)};
        }
        return corners;
    }

    /** Returns size² pixels in [-1, 1], channels first. */
    public static float[] render(Scene scene, int size) {
        int area = size * size;
        float[] planes = new float[3 * area];
        double[] background = {scene.red(), scene.green(), scene.blue()};
        for (int c = 0; c < 3; c++) {
            Arrays.fill(planes, c * area, (c + 1) * area, (float) (background[c] / 127.5 - 1));
        }
        for (SceneObject object : scene.objects()) {
            paint(object, planes, size);
        }
        return planes;
    }

    private static void paint(SceneObject object, float[] planes, int size) {
        int area = size * size;
        int firstY = Math.max(0, (int) Math.floor(object.top()));
        int firstX = Math.max(0, (int) Math.floor(object.left()));
        for (int y = firstY; y < size && y <= object.bottom(); y++) {
            for (int x = firstX; x < size && x <= object.right(); x++) {
                double alpha = coverage(object, x, y);
                for (int c = 0; alpha > 0 && c < 3; c++) {
                    double value = object.color().value(c) * object.shade() / 127.5 - 1;
                    int at = c * area + y * size + x;
                    planes[at] = (float) (planes[at] + alpha * (value - planes[at]));
                }
            }
        }
    }

    /** Returns the share of a pixel that an object covers. */
    static double coverage(SceneObject object, int x, int y) {
        int hits = 0;
        for (int i = 0; i < SAMPLES; i++) {
            for (int j = 0; j < SAMPLES; j++) {
                double dx = (x + (j + 0.5) / SAMPLES - object.x()) / object.radius();
                double dy = (y + (i + 0.5) / SAMPLES - object.y()) / object.radius();
                if (inside(object.shape(), dx, dy)) {
                    hits++;
                }
            }
        }
        return hits / (double) (SAMPLES * SAMPLES);
    }

    private static boolean inside(SceneShape shape, double x, double y) {
        return switch (shape) {
            case CIRCLE -> x * x + y * y <= 1;
            case SQUARE -> Math.max(Math.abs(x), Math.abs(y)) <= shape.halfWidth();
            case TRIANGLE -> inside(TRIANGLE, x, y);
            case STAR -> inside(STAR, x, y);
        };
    }

    /** Even-odd rule. */
    private static boolean inside(double[][] corners, double x, double y) {
        boolean in = false;
        for (int i = 0, j = corners.length - 1; i < corners.length; j = i++) {
            double[] a = corners[i];
            double[] b = corners[j];
            if (a[1] > y != b[1] > y && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]) {
                in = !in;
            }
        }
        return in;
    }
}
