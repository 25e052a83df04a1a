package dev.sluice.rewards.internal;

import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.SceneObject;
import dev.sluice.rewards.SceneShape;

/** Places shapes on a mask, how much of each pixel a patch covers, and measures how well they fit. */
final class ShapeFit {
    private final double[] mask;
    private final int width;
    private final int height;
    /** The smallest box that holds all of the mask; the ends are not in it. */
    private int firstX;

    private int firstY;
    private int endX;
    private int endY;

    /** Sums of the mask, and of the mask times places, which are a pixel's first corner or, for the middle, its own. */
    private double sum;

    private double middleX;
    private double middleY;
    private double x;
    private double y;
    private double xx;
    private double yy;
    private double xy;

    /**
     * Takes a mask.
     *
     * @param mask a value in [0, 1] for each pixel, row by row
     */
    ShapeFit(double[] mask, int width) {
        this.mask = mask;
        this.width = width;
        this.height = mask.length / width;
        this.firstX = width;
        this.firstY = height;
        for (int i = 0; i < mask.length; i++) {
            if (mask[i] > 0) {
                add(mask[i], i % width, Math.floorDiv(i, width));
            }
        }
    }

    private void add(double share, int px, int py) {
        firstX = Math.min(firstX, px);
        firstY = Math.min(firstY, py);
        endX = Math.max(endX, px + 1);
        endY = Math.max(endY, py + 1);
        sum += share;
        middleX += share * (px + 0.5);
        middleY += share * (py + 0.5);
        x += share * px;
        y += share * py;
        xx += share * px * px;
        yy += share * py * py;
        xy += share * px * py;
    }

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
    SceneObject place(SceneShape shape, SceneColor color, double shade) {
        double radius = Math.sqrt(sum / area(shape));
        return new SceneObject(shape, color, middleX / sum, middleY / sum - drop(shape) * radius, radius, shade);
    }

    /** Returns the ratio of the mask's largest standard deviation to its smallest, over all axes; at least 1. */
    double elongation() {
        double a = xx / sum - x * x / sum / sum;
        double b = yy / sum - y * y / sum / sum;
        double c = xy / sum - x * y / sum / sum;
        double spread = Math.hypot(a - b, 2 * c);
        return Math.sqrt((a + b + spread) / Math.max(a + b - spread, 1e-9));
    }

    /** Returns the soft intersection over union Σmin/Σmax of the drawn shape and the mask. */
    double overlap(SceneObject object) {
        Coverage drawn = new Coverage(object, width, height);
        double least = 0;
        double most = 0;
        for (int row = Math.min(firstY, drawn.top()); row < Math.max(endY, drawn.bottom()); row++) {
            for (int column = Math.min(firstX, drawn.left()); column < Math.max(endX, drawn.right()); column++) {
                double share = drawn.share(column, row);
                least += Math.min(share, mask[row * width + column]);
                most += Math.max(share, mask[row * width + column]);
            }
        }
        return most > 0 ? least / most : 0;
    }
}
