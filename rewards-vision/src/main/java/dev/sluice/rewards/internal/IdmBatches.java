package dev.sluice.rewards.internal;

import dev.sluice.rewards.ArmMotion;
import dev.sluice.rewards.ArmPose;
import dev.sluice.rewards.ArmWorld;
import dev.sluice.rewards.InverseDynamics;
import dev.sluice.rewards.JointLimits;
import dev.sluice.video.Media;
import java.util.List;
import java.util.SplittableRandom;

/** What the updates of an inverse dynamics model see: rendered motions, their pictures disturbed as a generator might. */
public final class IdmBatches {
    private static final double BLURRED = 0.3;
    private static final double CUT_OUT = 0.1;
    private static final int LARGEST_CUT = 8;
    private static final double MOST_NOISE = 8 / 255.0;

    /** Speeds are predicted in so many times the greatest. */
    public static final double SPEED_UNIT = 4;

    /** How much an output's error counts: the reward needs the angles, of which sine and cosine come first. */
    private static final float[] WEIGHTS = {1, 1, 1, 1, 0.1f, 0.1f};

    /** A jump from one frame to the next would otherwise outweigh everything else. */
    private static final double MOST_SPEED = 0.5;

    private IdmBatches() {}

    /**
     * Windows of frames and the joints in their middle frames.
     *
     * @param windows shape (videos·16, window·3, 32, 32)
     * @param targets shape (videos·16, 6): sine and cosine of the direction of each link, and the joints' speeds
     */
    public record Batch(float[] windows, float[] targets) {}

    /** Returns the batch of a step. */
    public static Batch draw(long seed, long step, int videos, int context) {
        int frames = ArmWorld.FRAMES;
        float[] windows = new float[videos * frames * (2 * context + 1) * 3 * ArmWorld.SIZE * ArmWorld.SIZE];
        float[] targets = new float[videos * frames * InverseDynamics.Architecture.OUTPUTS];
        for (int i = 0; i < videos; i++) {
            long number = step * videos + i;
            ArmMotion motion = ArmWorld.reading(seed, number);
            float[] planes = planes(motion.media());
            disturb(planes, frames, new SplittableRandom(seed ^ number * 0x9E3779B97F4A7C15L));
            float[] own = FrameWindows.of(planes, frames, context);
            System.arraycopy(own, 0, windows, i * own.length, own.length);
            target(motion.poses(), targets, i * frames * InverseDynamics.Architecture.OUTPUTS);
        }
        return new Batch(windows, targets);
    }

    /** Returns how much each output's error counts in the loss. */
    public static float[] weights() {
        return WEIGHTS.clone();
    }

    private static float[] planes(Media media) {
        return FrameWindows.of(media, 0);
    }

    private static void target(List<ArmPose> poses, float[] targets, int start) {
        int last = poses.size() - 1;
        for (int frame = 0; frame <= last; frame++) {
            ArmPose pose = poses.get(frame);
            ArmPose before = poses.get(Math.max(0, frame - 1));
            ArmPose after = poses.get(Math.min(last, frame + 1));
            double seconds = (Math.min(last, frame + 1) - Math.max(0, frame - 1)) / ArmWorld.FRAMES_PER_SECOND;
            int row = start + frame * InverseDynamics.Architecture.OUTPUTS;
            targets[row] = (float) Math.sin(pose.shoulder());
            targets[row + 1] = (float) Math.cos(pose.shoulder());
            targets[row + 2] = (float) Math.sin(pose.shoulder() + pose.elbow());
            targets[row + 3] = (float) Math.cos(pose.shoulder() + pose.elbow());
            targets[row + 4] = speed(after.shoulder() - before.shoulder(), seconds, ArmWorld.LIMITS.get(0));
            targets[row + 5] = speed(after.elbow() - before.elbow(), seconds, ArmWorld.LIMITS.get(1));
        }
    }

    private static float speed(double turn, double seconds, JointLimits limits) {
        double share = ArmPose.wrapped(turn) / seconds / (SPEED_UNIT * limits.velocity());
        return (float) Math.max(-MOST_SPEED, Math.min(MOST_SPEED, share));
    }

    /** Changes contrast, brightness and sharpness of a video, adds noise, and sometimes blackens a square. */
    private static void disturb(float[] planes, int frames, SplittableRandom random) {
        int side = ArmWorld.SIZE;
        if (random.nextDouble() < BLURRED) {
            blur(planes, side, (float) random.nextDouble(0, 0.2));
        }
        float contrast = (float) random.nextDouble(0.8, 1.2);
        float brightness = (float) random.nextDouble(-0.08, 0.08);
        double noise = random.nextDouble(0, MOST_NOISE);
        for (int i = 0; i < planes.length; i++) {
            planes[i] = (float) (planes[i] * contrast + brightness + noise * random.nextGaussian());
        }
        if (random.nextDouble() < CUT_OUT) {
            int width = random.nextInt(2, LARGEST_CUT);
            int left = random.nextInt(side - width);
            int top = random.nextInt(side - width);
            for (int plane = 0; plane < 3 * frames; plane++) {
                for (int y = top; y < top + width; y++) {
                    for (int x = left; x < left + width; x++) {
                        planes[(plane * side + y) * side + x] = brightness;
                    }
                }
            }
        }
    }

    /** Gives every pixel a share of its four neighbours. */
    private static void blur(float[] planes, int side, float share) {
        float[] sharp = planes.clone();
        for (int i = 0; i < planes.length; i++) {
            int x = i % side;
            int y = i / side % side;
            float around = sharp[x > 0 ? i - 1 : i]
                    + sharp[x < side - 1 ? i + 1 : i]
                    + sharp[y > 0 ? i - side : i]
                    + sharp[y < side - 1 ? i + side : i];
            planes[i] = (1 - 4 * share) * sharp[i] + share * around;
        }
    }
}
