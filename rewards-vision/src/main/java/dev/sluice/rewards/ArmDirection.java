package dev.sluice.rewards;

import java.util.Locale;

/** Where the hand is to go, as seen from the base; each direction is an eighth of a circle. */
public enum ArmDirection {
    /** To the right, 0°. */
    RIGHT,
    /** 45°. */
    UPPER_RIGHT,
    /** Straight up, 90°. */
    TOP,
    /** 135°. */
    UPPER_LEFT,
    /** To the left, 180°. */
    LEFT,
    /** 225°. */
    LOWER_LEFT,
    /** Straight down, 270°. */
    BOTTOM,
    /** 315°. */
    LOWER_RIGHT;

    /** Returns the words of a prompt, such as {@code upper left}. */
    public String words() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** Returns the middle of the direction, in radians. */
    public double angle() {
        return ordinal() * Math.PI / 4;
    }

    /** Returns how far a bearing is from the middle of the direction, in [0, π]. */
    public double distance(double bearing) {
        return Math.abs(ArmPose.wrapped(bearing - angle()));
    }
}
