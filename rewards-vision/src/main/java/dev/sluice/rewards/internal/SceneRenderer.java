package dev.sluice.rewards.internal;

import dev.sluice.rewards.Scene;
import dev.sluice.rewards.SceneObject;
import dev.sluice.rewards.SceneShape;
import java.util.Arrays;

/** Draws scenes with 4×4 samples for each pixel. */
public final class SceneRenderer {
    private SceneRenderer() {}

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

    /** Returns the share of each of size² pixels that a shape covers, a plane for each shape. */
    public static float[] shapes(Scene scene, int size) {
        int area = size * size;
        float[] planes = new float[SceneShape.values().length * area];
        for (SceneObject object : scene.objects()) {
            Coverage coverage = new Coverage(object, size, size);
            for (int y = coverage.top(); y < coverage.bottom(); y++) {
                for (int x = coverage.left(); x < coverage.right(); x++) {
                    float share = (float) coverage.share(x, y);
                    for (int shape = 0; shape < SceneShape.values().length; shape++) {
                        int at = shape * area + y * size + x;
                        float whole = shape == object.shape().ordinal() ? 1 : 0;
                        planes[at] += share * (whole - planes[at]);
                    }
                }
            }
        }
        return planes;
    }

    private static void paint(SceneObject object, float[] planes, int size) {
        int area = size * size;
        Coverage coverage = new Coverage(object, size, size);
        for (int c = 0; c < 3; c++) {
            double value = object.color().value(c) * object.shade() / 127.5 - 1;
            for (int y = coverage.top(); y < coverage.bottom(); y++) {
                for (int x = coverage.left(); x < coverage.right(); x++) {
                    int at = c * area + y * size + x;
                    planes[at] = (float) (planes[at] + coverage.share(x, y) * (value - planes[at]));
                }
            }
        }
    }
}
