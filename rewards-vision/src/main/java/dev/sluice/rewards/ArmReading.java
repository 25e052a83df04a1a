package dev.sluice.rewards;

import java.util.List;

/**
 * The joints read back from a video of the arm world.
 *
 * @param frames one for each frame
 */
public record ArmReading(List<Frame> frames) {
    /** How many grey levels of a pixel the drawn arm may be off, as a root mean square, before a frame shows no arm. */
    public static final double MOST_ERROR = 25;

    /** Copies the list. */
    public ArmReading {
        frames = List.copyOf(frames);
    }

    /**
     * What was found in a frame.
     *
     * @param pose the joints; where none were found, those of the nearest frame before that has some, else after, else zeros. From
     *     frame to frame the shoulder's angle has no jump of a whole turn
     * @param clear whether the frame shows the arm: both discs, links of their length, and little else
     * @param error root mean square of the difference between the frame and the arm drawn so, in grey levels; 255 if no
     *     joints were found
     */
    public record Frame(ArmPose pose, boolean clear, double error) {}

    /** Returns the motion. */
    public ArmMotion motion() {
        return new ArmMotion(frames.stream().map(Frame::pose).toList());
    }

    /** Returns the share of frames that show the arm, in [0, 1]. */
    public double clear() {
        return frames.stream().filter(Frame::clear).count() / (double) frames.size();
    }

    /** Returns how much the frames look like the arm, in [0, 1]: the mean of 1 − error/25, at least 0. */
    public double look() {
        return frames.stream()
                .mapToDouble(frame -> Math.max(0, 1 - frame.error() / MOST_ERROR))
                .average()
                .orElse(0);
    }

    /** Returns how far the hand gets from where it begins: 0 if it rests, at most 2. */
    public double extent() {
        ArmPose first = frames.get(0).pose();
        return frames.stream()
                .map(Frame::pose)
                .mapToDouble(pose -> Math.hypot(pose.handX() - first.handX(), pose.handY() - first.handY()))
                .max()
                .orElse(0);
    }
}
