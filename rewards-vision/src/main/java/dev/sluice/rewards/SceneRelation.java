package dev.sluice.rewards;

/** Where an object lies, seen from another one; y grows downwards. */
public enum SceneRelation {
    /** The object has the smaller x. */
    LEFT_OF("left of", -1, 0),
    /** The object has the greater x. */
    RIGHT_OF("right of", 1, 0),
    /** The object has the smaller y. */
    ABOVE("above", 0, -1),
    /** The object has the greater y. */
    BELOW("below", 0, 1);

    private final String words;
    private final int dx;
    private final int dy;

    SceneRelation(String words, int dx, int dy) {
        this.words = words;
        this.dx = dx;
        this.dy = dy;
    }

    /** Returns the English words, as GenEval's metadata has them. */
    public String words() {
        return words;
    }

    /** Returns the x component of the unit vector from the other object to this one. */
    public int dx() {
        return dx;
    }

    /** Returns the y component of the unit vector from the other object to this one. */
    public int dy() {
        return dy;
    }

    /** Returns the relation of the other object to this one. */
    public SceneRelation opposite() {
        return switch (this) {
            case LEFT_OF -> RIGHT_OF;
            case RIGHT_OF -> LEFT_OF;
            case ABOVE -> BELOW;
            case BELOW -> ABOVE;
        };
    }
}
