package dev.sluice.rewards;

import java.util.Optional;

/**
 * The joints of the arm of {@link ArmWorld} at one moment: two links in a plane, of 0.6 and 0.4, from a base at the origin.
 *
 * @param shoulder angle of the first link from the right, anticlockwise, in radians
 * @param elbow angle of the second link from the first, likewise
 */
public record ArmPose(double shoulder, double elbow) {
    /** Length of the link between shoulder and elbow. */
    public static final double UPPER = 0.6;

    /** Length of the link between elbow and hand. */
    public static final double LOWER = 0.4;

    /** Half the width of a link. */
    public static final double LINK_RADIUS = 0.05;

    /** Radius of the discs at base, elbow and hand. */
    public static final double JOINT_RADIUS = 0.13;

    /** Returns how far the elbow is to the right of the base. */
    public double elbowX() {
        return UPPER * Math.cos(shoulder);
    }

    /** Returns how far the elbow is above the base. */
    public double elbowY() {
        return UPPER * Math.sin(shoulder);
    }

    /** Returns how far the hand is to the right of the base. */
    public double handX() {
        return elbowX() + LOWER * Math.cos(shoulder + elbow);
    }

    /** Returns how far the hand is above the base. */
    public double handY() {
        return elbowY() + LOWER * Math.sin(shoulder + elbow);
    }

    /** Returns the distance between hand and base. */
    public double reach() {
        return Math.hypot(handX(), handY());
    }

    /** Returns the angle of the hand as seen from the base, in (−π, π]. */
    public double bearing() {
        return Math.atan2(handY(), handX());
    }

    /** Returns whether the hand's disc touches the upper link or the base's disc. */
    public boolean selfColliding() {
        return reach() < 2 * JOINT_RADIUS
                || segmentDistance(handX(), handY(), 0, 0, elbowX(), elbowY()) < JOINT_RADIUS + LINK_RADIUS;
    }

    /**
     * Returns the pose that puts the hand at a place.
     *
     * @param bent 1 for an elbow angle of at least 0, −1 for one of at most 0
     * @return empty if the place is nearer than 0.2 or farther than 1
     */
    public static Optional<ArmPose> at(double x, double y, int bent) {
        double cosine = (x * x + y * y - UPPER * UPPER - LOWER * LOWER) / (2 * UPPER * LOWER);
        if (!(Math.abs(cosine) <= 1)) {
            return Optional.empty();
        }
        double elbow = bent * Math.acos(cosine);
        double shoulder = Math.atan2(y, x) - Math.atan2(LOWER * Math.sin(elbow), UPPER + LOWER * Math.cos(elbow));
        return Optional.of(new ArmPose(wrapped(shoulder), elbow));
    }

    /** Returns the same angle in [−π, π]. */
    public static double wrapped(double angle) {
        return Math.IEEEremainder(angle, 2 * Math.PI);
    }

    /** Returns the distance of (x, y) from the segment between two points. */
    public static double segmentDistance(double x, double y, double ax, double ay, double bx, double by) {
        double dx = bx - ax;
        double dy = by - ay;
        double along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy);
        double at = Math.max(0, Math.min(1, along));
        double left = x - ax - at * dx;
        double below = y - ay - at * dy;
        return Math.sqrt(left * left + below * below); // hypot is ten times slower
    }
}
