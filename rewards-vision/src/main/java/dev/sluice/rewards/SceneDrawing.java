package dev.sluice.rewards;

/**
 * How scenes for pretraining are drawn.
 *
 * @param layout where objects stand
 * @param strays share of pictures with one object more than the caption names, in [0, 1], as the web's captions leave out much
 *     that their pictures show; alignment has that to mend. A scene of four objects, the most there are, has none
 */
public record SceneDrawing(Layout layout, double strays) {
    /** Anywhere, and exactly what the caption names. */
    public static final SceneDrawing PLAIN = new SceneDrawing(Layout.ANYWHERE, 0);

    /** Where objects stand, as far as the caption does not say. */
    public enum Layout {
        /** Anywhere: which of two places is the circle's and which the square's is anybody's guess. */
        ANYWHERE,
        /** From left to right as they are named, so that nothing is left to guess. */
        AS_NAMED
    }

    public SceneDrawing {
        if (!(strays >= 0 && strays <= 1)) {
            throw new IllegalArgumentException("strays (%s) must be in [0, 1].".formatted(strays));
        }
    }
}
