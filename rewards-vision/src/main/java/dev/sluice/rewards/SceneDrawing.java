package dev.sluice.rewards;

/**
 * How scenes for pretraining are drawn.
 *
 * @param layout where objects stand
 * @param faded share of pictures, in [0, 1], whose objects have half their brightness, which are no clear objects to the verifier.
 *     The web has many poor pictures, whatever they show; alignment has that to mend
 */
public record SceneDrawing(Layout layout, double faded) {
    /** Anywhere, and bright. */
    public static final SceneDrawing PLAIN = new SceneDrawing(Layout.ANYWHERE, 0);

    /** Where objects stand, as far as the caption does not say. */
    public enum Layout {
        /** Anywhere: which of two places is the circle's and which the square's is anybody's guess. */
        ANYWHERE,
        /** From left to right as they are named, so that nothing is left to guess. */
        AS_NAMED
    }

    public SceneDrawing {
        if (!(faded >= 0 && faded <= 1)) {
            throw new IllegalArgumentException("faded (%s) must be in [0, 1].".formatted(faded));
        }
    }
}
