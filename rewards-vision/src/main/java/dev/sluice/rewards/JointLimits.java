package dev.sluice.rewards;

/**
 * What a joint can do.
 *
 * @param least angle in radians
 * @param greatest angle in radians
 * @param velocity greatest speed, in rad/s
 * @param acceleration greatest acceleration, in rad/s²
 * @param jerk greatest jerk, in rad/s³
 */
public record JointLimits(double least, double greatest, double velocity, double acceleration, double jerk) {
    public JointLimits {
        if (!(least < greatest)) {
            throw new IllegalArgumentException("least (%s) must be below greatest (%s).".formatted(least, greatest));
        }
        if (!(velocity > 0 && acceleration > 0 && jerk > 0)) {
            throw new IllegalArgumentException("velocity, acceleration and jerk (%s, %s, %s) must be above 0."
                    .formatted(velocity, acceleration, jerk));
        }
    }

    /** Returns how far an angle lies outside, in radians; 0 inside. */
    public double excess(double angle) {
        return Math.max(0, Math.max(angle - greatest, least - angle));
    }
}
