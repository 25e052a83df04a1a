package dev.sluice.rewards;

import dev.sluice.rewards.internal.ArmRenderer;
import dev.sluice.video.Media;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * A motion of the arm, frame by frame: the truth behind a video.
 *
 * @param poses one for each frame, at least 2
 */
public record ArmMotion(List<ArmPose> poses) {
    /** How many numbers tell the directions of both links. */
    public static final int DIRECTIONS = 4;

    public ArmMotion {
        poses = List.copyOf(poses);
        if (poses.size() < 2) {
            throw new IllegalArgumentException("poses (%s) must be at least 2.".formatted(poses.size()));
        }
    }

    /** Returns the last pose. */
    public ArmPose end() {
        return poses.get(poses.size() - 1);
    }

    /** Returns frames × 2 angles. */
    public double[][] angles() {
        return poses.stream()
                .map(pose -> new double[] {pose.shoulder(), pose.elbow()})
                .toArray(double[][]::new);
    }

    /**
     * Returns the directions of both links, as labels that a model of videos learns: the places of elbow and hand are linear in them, and
     * they do not jump where an angle does.
     *
     * @return {@link #DIRECTIONS} × frames: cosines and sines of the upper link, then of the lower one, from the right, anticlockwise
     */
    public float[] directions() {
        int frames = poses.size();
        float[] directions = new float[DIRECTIONS * frames];
        for (int frame = 0; frame < frames; frame++) {
            ArmPose pose = poses.get(frame);
            double lower = pose.shoulder() + pose.elbow();
            directions[frame] = (float) Math.cos(pose.shoulder());
            directions[frames + frame] = (float) Math.sin(pose.shoulder());
            directions[2 * frames + frame] = (float) Math.cos(lower);
            directions[3 * frames + frame] = (float) Math.sin(lower);
        }
        return directions;
    }

    /** Returns the cost of following the motion, by the world's own limits. */
    public MotionCost cost() {
        return cost(frame -> true);
    }

    /**
     * Returns the cost of following the motion, by the world's own limits. A frame is infeasible where a joint is out of its range, has
     * come there faster than it can, or the arm touches itself.
     *
     * @param clear whether a frame shows the arm; one that does not is infeasible as well
     */
    public MotionCost cost(IntPredicate clear) {
        int infeasible = 0;
        for (int frame = 0; frame < poses.size(); frame++) {
            infeasible += clear.test(frame) && feasible(frame) ? 0 : 1;
        }
        double share = infeasible / (double) poses.size();
        return MotionCost.of(angles(), ArmWorld.FRAMES_PER_SECOND, ArmWorld.LIMITS, share);
    }

    private boolean feasible(int frame) {
        ArmPose pose = poses.get(frame);
        ArmPose before = poses.get(Math.max(0, frame - 1));
        return !pose.selfColliding()
                && feasible(pose.shoulder(), before.shoulder(), ArmWorld.LIMITS.get(0))
                && feasible(pose.elbow(), before.elbow(), ArmWorld.LIMITS.get(1));
    }

    private static boolean feasible(double angle, double before, JointLimits limits) {
        return limits.excess(angle) <= ArmJudge.ANGLE_ALLOWANCE
                && Math.abs(angle - before) * ArmWorld.FRAMES_PER_SECOND
                        <= limits.velocity() * (1 + ArmJudge.CHANGE_ALLOWANCE);
    }

    /** Returns the video. */
    public Media media() {
        return ArmRenderer.media(poses, ArmWorld.SIZE);
    }

    /** Returns the pixels in [−1, 1], channel by channel, in each frame by frame: 3 × frames × 32 × 32. */
    public float[] pixels() {
        return ArmRenderer.pixels(poses, ArmWorld.SIZE);
    }
}
