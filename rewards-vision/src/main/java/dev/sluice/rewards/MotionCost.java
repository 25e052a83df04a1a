package dev.sluice.rewards;

import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * What keeps a machine from following a motion, each part without unit and 0 if nothing does.
 *
 * <p>With v, a and j the first, second and third differences of the angles over time, each divided by its joint's limit:
 * acceleration and jerk are means of Huber(a; 1) and Huber(j; 1) over time and joints, Huber(z; δ) = ½z² up to δ, else
 * δ·(|z| − ½δ); the excesses are max(|v| − 1, 0)², max(|a| − 1, 0)² and (angle outside its range ÷ range)², summed over joints,
 * as means over time.
 *
 * <p>Source: EVA (2026), arXiv:2603.17808, whose terms are these but for the division by the limits, which makes joints
 * comparable.
 *
 * @param acceleration roughness of the velocity
 * @param jerk roughness of the acceleration
 * @param velocityExcess what is faster than a joint can turn
 * @param accelerationExcess what turns quicker than a joint can
 * @param positionExcess what is out of a joint's range
 * @param infeasible share of frames in which the machine cannot be as it is shown, or collides with itself
 */
public record MotionCost(
        double acceleration,
        double jerk,
        double velocityExcess,
        double accelerationExcess,
        double positionExcess,
        double infeasible) {
    /** Being out of range weighs more: its square is small. */
    private static final double POSITION_WEIGHT = 10;

    /**
     * Returns the cost of a motion. Fewer than four frames have no jerk, fewer than three no acceleration.
     *
     * @param angles frames × joints, in radians, without jumps of a whole turn
     * @param framesPerSecond above 0
     * @param limits one for each joint
     * @param infeasible share of infeasible frames, in [0, 1]
     */
    public static MotionCost of(
            double[][] angles, double framesPerSecond, List<JointLimits> limits, double infeasible) {
        if (!(framesPerSecond > 0)) {
            throw new IllegalArgumentException("framesPerSecond (%s) must be above 0.".formatted(framesPerSecond));
        }
        if (angles.length < 2) {
            throw new IllegalArgumentException("angles (%s frames) must have at least 2.".formatted(angles.length));
        }
        int joints = limits.size();
        double[][] velocity = differences(angles, framesPerSecond);
        double[][] acceleration = differences(velocity, framesPerSecond);
        double[][] jerk = differences(acceleration, framesPerSecond);
        double accelerationSum = 0;
        double jerkSum = 0;
        double velocityExcess = 0;
        double accelerationExcess = 0;
        double positionExcess = 0;
        for (int joint = 0; joint < joints; joint++) {
            JointLimits limit = limits.get(joint);
            double range = limit.greatest() - limit.least();
            accelerationSum += mean(acceleration, joint, a -> huber(a / limit.acceleration()));
            jerkSum += mean(jerk, joint, j -> huber(j / limit.jerk()));
            velocityExcess += mean(velocity, joint, v -> square(Math.max(Math.abs(v) / limit.velocity() - 1, 0)));
            accelerationExcess +=
                    mean(acceleration, joint, a -> square(Math.max(Math.abs(a) / limit.acceleration() - 1, 0)));
            positionExcess += mean(angles, joint, q -> square(limit.excess(q) / range));
        }
        return new MotionCost(
                accelerationSum / joints,
                jerkSum / joints,
                velocityExcess,
                accelerationExcess,
                positionExcess,
                infeasible);
    }

    /** Returns the weighted sum: ten times the excess of positions, and all others as they are. */
    public double total() {
        return acceleration
                + jerk
                + velocityExcess
                + accelerationExcess
                + POSITION_WEIGHT * positionExcess
                + infeasible;
    }

    /**
     * Returns 1/(1 + cost/scale), in (0, 1].
     *
     * @param scale the cost that earns a half, above 0
     */
    public double reward(double scale) {
        return 1 / (1 + total() / scale);
    }

    /** Returns the changes from row to row, for a second. */
    public static double[][] differences(double[][] rows, double framesPerSecond) {
        double[][] changes = new double[Math.max(0, rows.length - 1)][];
        for (int i = 0; i < changes.length; i++) {
            changes[i] = new double[rows[i].length];
            for (int joint = 0; joint < changes[i].length; joint++) {
                changes[i][joint] = (rows[i + 1][joint] - rows[i][joint]) * framesPerSecond;
            }
        }
        return changes;
    }

    private static double mean(double[][] rows, int joint, DoubleUnaryOperator cost) {
        double sum = 0;
        for (double[] row : rows) {
            sum += cost.applyAsDouble(row[joint]);
        }
        return rows.length == 0 ? 0 : sum / rows.length;
    }

    private static double huber(double z) {
        double size = Math.abs(z);
        return size <= 1 ? size * size / 2 : size - 0.5;
    }

    private static double square(double z) {
        return z * z;
    }
}
