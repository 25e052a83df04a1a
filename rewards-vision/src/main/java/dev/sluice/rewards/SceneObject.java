package dev.sluice.rewards;

/**
 * One flat object of a scene.
 *
 * @param shape what it is
 * @param color its colour
 * @param x its middle in pixels from the left edge; the first pixel covers [0, 1)
 * @param y its middle in pixels from the upper edge
 * @param radius its size in pixels, above 0; the exact outline is each {@link SceneShape}'s
 * @param shade what its colour is multiplied by, in (0, 1]
 */
public record SceneObject(SceneShape shape, SceneColor color, double x, double y, double radius, double shade) {
    /** Returns the left edge of the bounding box. */
    public double left() {
        return x - radius * shape.halfWidth();
    }

    /** Returns the right edge of the bounding box. */
    public double right() {
        return x + radius * shape.halfWidth();
    }

    /** Returns the upper edge of the bounding box. */
    public double top() {
        return y - radius * shape.up();
    }

    /** Returns the lower edge of the bounding box. */
    public double bottom() {
        return y + radius * shape.down();
    }
}
