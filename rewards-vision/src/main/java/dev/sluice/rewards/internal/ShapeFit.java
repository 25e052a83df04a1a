package dev.sluice.rewards.internal;

import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.SceneObject;
import dev.sluice.rewards.SceneShape;

/** Places a shape on a mask and measures how well it fits. */
final class ShapeFit {
    private ShapeFit() {}

    /** Returns the shape's area at radius 1. */
    static double area(SceneShape shape) {
        return switch (shape) {
            case CIRCLE -> Math.PI;
            case SQUARE -> 4 * 0.88 * 0.88;
            case TRIANGLE -> 1.1 * 1.9;
            case STAR -> 5 * 1.25 * 0.53 * Math.sin(Math.PI / 5);
        };
    }

    /** Returns how far the shape's centre of mass lies below its middle at radius 1. */
    private static double drop(SceneShape shape) {
        return shape == SceneShape.TRIANGLE ? 0.95 / 3 : 0;
    }

    /** Returns the shape with the mask's area and centre of mass. */
    static SceneObject place(SceneShape shape, SceneColor color, double shade, double[] mask, int width) {
        double sum = 0;
        double x = 0;
        double y = 0;
        for (int i = 0; i < mask.length; i++) {
            sum += mask[i];
            x += mask[i] * (i % width + 0.5);
            int row = i / width;
            y += mask[i] * (row + 0.5);
        }
        double radius = Math.sqrt(sum / area(shape));
        return new SceneObject(shape, color, x / sum, y / sum - drop(shape) * radius, radius, shade);
    }

    /** Returns the ratio of the mask's largest standard deviation to its smallest, over all axes; at least 1. */
    static double elongation(double[] mask, int width) {
        double sum = 0;
        double x = 0;
        double y = 0;
        double xx = 0;
        double yy = 0;
        double xy = 0;
        for (int i = 0; i < mask.length; i++) {
            double px = i % width;
            double py = (i - i % width) / (double) width;
            sum += mask[i];
            x += mask[i] * px;
            y += mask[i] * py;
            xx += mask[i] * px * px;
            yy += mask[i] * py * py;
            xy += mask[i] * px * py;
        }
        double a = xx / sum - x * x / sum / sum;
        double b = yy / sum - y * y / sum / sum;
        double c = xy / sum - x * y / sum / sum;
        double spread = Math.hypot(a - b, 2 * c);
        return Math.sqrt((a + b + spread) / Math.max(a + b - spread, 1e-9));
    }

    /** Returns the soft intersection over union Σmin/Σmax of the drawn shape and the mask. */
    static double overlap(SceneObject object, double[] mask, int width) {
        double least = 0;
        double most = 0;
        for (int i = 0; i < mask.length; i++) {
            int x = i % width;
            int y = i / width;
            boolean near = x + 1 > object.left() && x < object.right() && y + 1 > object.top() && y < object.bottom();
            double drawn = near ? SceneRenderer.coverage(object, x, y) : 0;
            least += Math.min(drawn, mask[i]);
            most += Math.max(drawn, mask[i]);
        }
        return most > 0 ? least / most : 0;
    }
}
