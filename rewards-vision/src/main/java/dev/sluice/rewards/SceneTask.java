package dev.sluice.rewards;

import java.util.Locale;

/** The six tasks of GenEval (Ghosh et al., 2023), which every prompt of the scenes world belongs to. */
public enum SceneTask {
    /** "a circle". */
    SINGLE_OBJECT(1),
    /** "a star and a square". */
    TWO_OBJECT(2),
    /** "three triangles". */
    COUNTING(3),
    /** "a blue star". */
    COLORS(2),
    /** "a circle left of a square". */
    POSITION(4),
    /** "a red circle and a blue square". */
    COLOR_ATTR(4);

    private final int weight;

    SceneTask(int weight) {
        this.weight = weight;
    }

    /** Returns how often {@link ScenesWorld#example} draws it, relative to the others: what is harder more often. */
    int weight() {
        return weight;
    }

    /** Returns GenEval's tag, such as {@code single_object}. */
    public String tag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
