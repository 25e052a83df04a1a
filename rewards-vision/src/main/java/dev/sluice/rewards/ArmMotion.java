package dev.sluice.rewards;

import dev.sluice.rewards.internal.ArmRenderer;
import dev.sluice.video.Media;
import java.util.List;

/**
 * A motion of the arm, frame by frame: the truth behind a video.
 *
 * @param poses one for each frame, at least 2
 */
public record ArmMotion(List<ArmPose> poses) {
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

    /** Returns the cost of following the motion, by the world's own limits. */
    public MotionCost cost() {
        double colliding = poses.stream().filter(ArmPose::selfColliding).count() / (double) poses.size();
        return MotionCost.of(angles(), ArmWorld.FRAMES_PER_SECOND, ArmWorld.LIMITS, colliding);
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
