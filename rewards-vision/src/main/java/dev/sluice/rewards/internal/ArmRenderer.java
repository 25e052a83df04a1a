package dev.sluice.rewards.internal;

import dev.sluice.rewards.ArmPose;
import dev.sluice.rewards.ArmWorld;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;

/**
 * Draws the arm: links, then discs, each over what is there, with coverage clamp(½ + (half width − distance)/pixel) at a pixel's
 * middle.
 */
public final class ArmRenderer {
    /** Half the side of the window: 1.15 times the arm. */
    static final double WINDOW = 1.15 * (ArmPose.UPPER + ArmPose.LOWER);

    static final int[] UPPER = {200, 40, 40};
    static final int[] LOWER = {40, 180, 40};
    static final int[] BASE = {255, 255, 255};
    static final int[] ELBOW = {0, 255, 255};
    static final int[] HAND = {255, 255, 0};

    private ArmRenderer() {}

    /** Returns the video of poses, 8 bits for a value, rounded half to even. */
    public static Media media(List<ArmPose> poses, int size) {
        byte[] rgb = new byte[poses.size() * 3 * size * size];
        double[] frame = new double[3 * size * size];
        for (int i = 0; i < poses.size(); i++) {
            draw(poses.get(i), size, frame);
            for (int j = 0; j < frame.length; j++) {
                rgb[i * frame.length + j] = (byte) (int) Math.rint(frame[j]);
            }
        }
        return new Media(poses.size(), size, size, rgb, ArmWorld.FRAMES_PER_SECOND);
    }

    /** Returns the video of poses in [−1, 1], shape 3 × frames × size × size. */
    public static float[] pixels(List<ArmPose> poses, int size) {
        int area = size * size;
        float[] planes = new float[3 * poses.size() * area];
        double[] frame = new double[3 * area];
        for (int i = 0; i < poses.size(); i++) {
            draw(poses.get(i), size, frame);
            for (int pixel = 0; pixel < area; pixel++) {
                for (int c = 0; c < 3; c++) {
                    planes[(c * poses.size() + i) * area + pixel] = (float) (frame[3 * pixel + c] / 127.5 - 1);
                }
            }
        }
        return planes;
    }

    /** Draws one frame: rows × columns × RGB, in [0, 255], not rounded. */
    static void draw(ArmPose pose, int size, double[] frame) {
        Arrays.fill(frame, 0);
        double pixel = 2 * WINDOW / size;
        double elbowX = pose.elbowX();
        double elbowY = pose.elbowY();
        double handX = pose.handX();
        double handY = pose.handY();
        for (int row = 0; row < size; row++) {
            double y = WINDOW - (row + 0.5) * pixel;
            for (int column = 0; column < size; column++) {
                double x = (column + 0.5) * pixel - WINDOW;
                int at = 3 * (row * size + column);
                double upper = ArmPose.segmentDistance(x, y, 0, 0, elbowX, elbowY);
                double lower = ArmPose.segmentDistance(x, y, elbowX, elbowY, handX, handY);
                over(frame, at, UPPER, (ArmPose.LINK_RADIUS - upper) / pixel);
                over(frame, at, LOWER, (ArmPose.LINK_RADIUS - lower) / pixel);
                over(frame, at, BASE, (ArmPose.JOINT_RADIUS - distance(x, y)) / pixel);
                over(frame, at, ELBOW, (ArmPose.JOINT_RADIUS - distance(x - elbowX, y - elbowY)) / pixel);
                over(frame, at, HAND, (ArmPose.JOINT_RADIUS - distance(x - handX, y - handY)) / pixel);
            }
        }
    }

    private static double distance(double x, double y) {
        return Math.sqrt(x * x + y * y); // hypot is ten times slower
    }

    private static void over(double[] frame, int at, int[] color, double inside) {
        double coverage = Math.max(0, Math.min(1, 0.5 + inside));
        if (coverage > 0) {
            for (int c = 0; c < 3; c++) {
                frame[at + c] += coverage * (color[c] - frame[at + c]);
            }
        }
    }
}
