package dev.sluice.rewards;

import java.util.Locale;

/** The six tasks of GenEval (Ghosh et al., 2023), which every prompt of the scenes world belongs to. */
public enum SceneTask {
    /** "a circle". */
    SINGLE_OBJECT,
    /** "a star and a square". */
    TWO_OBJECT,
    /** "three triangles". */
    COUNTING,
    /** "a blue star". */
    COLORS,
    /** "a circle left of a square". */
    POSITION,
    /** "a red circle and a blue square". */
    COLOR_ATTR;

    /** Returns GenEval's tag, such as {@code single_object}. */
    public String tag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
