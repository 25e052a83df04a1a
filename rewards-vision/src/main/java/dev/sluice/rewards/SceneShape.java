package dev.sluice.rewards;

import java.util.Locale;

/** What an object of the scenes world is; {@code radius} below is {@link SceneObject#radius()}. */
public enum SceneShape {
    /** A disc of the radius. */
    CIRCLE(1, 1, 1),
    /** An upright square, half of whose side is 0.88 times the radius (the area of the disc). */
    SQUARE(0.88, 0.88, 0.88),
    /** An equilateral triangle on its side, centred on its bounding box, 2.2 times the radius wide. */
    TRIANGLE(1.1, 0.95, 0.95),
    /** A star of five points, one of them up; the points are 1.25 times the radius from the middle, the notches 0.53. */
    STAR(1.19, 1.25, 1.02);

    private final double halfWidth;
    private final double up;
    private final double down;

    SceneShape(double halfWidth, double up, double down) {
        this.halfWidth = halfWidth;
        this.up = up;
        this.down = down;
    }

    /** Returns the English word, which is also GenEval's class name. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the word for more than one. */
    public String plural() {
        return word() + "s";
    }

    /** Returns how far the shape of radius 1 reaches to the left and to the right of its middle. */
    public double halfWidth() {
        return halfWidth;
    }

    /** Returns how far the shape of radius 1 reaches above its middle. */
    public double up() {
        return up;
    }

    /** Returns how far the shape of radius 1 reaches below its middle. */
    public double down() {
        return down;
    }
}
