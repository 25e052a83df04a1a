package dev.sluice.rewards;

import dev.sluice.rewards.internal.ArmFit;
import dev.sluice.video.Media;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads both joints of the arm back from every frame of a video and judges, without any learned part, whether a machine could follow.
 *
 * <p>Discs are found by colour, angles follow from their middles, and a few Gauss–Newton steps fit the drawn arm to the pixels.
 * Where the picture is no clear arm, it is none: a black, grey, noisy or smeared video is not executable and earns 0.
 */
public final class ArmJudge {
    /** What a joint may exceed its range by, in radians: less than a pixel at the hand. */
    static final double ANGLE_ALLOWANCE = 0.05;

    /** What a change may exceed its limit by, as a share. */
    static final double CHANGE_ALLOWANCE = 0.1;

    /** A hand that gets no farther rests. */
    private static final double STILL = 0.05;

    /** A hand that gets so far moves. */
    private static final double MOVING = 0.25;

    private ArmJudge() {}

    /**
     * Returns the joints of a video.
     *
     * @throws IllegalArgumentException if it has fewer than two frames or another size than 32×32 pixels
     */
    public static ArmReading read(Media video) {
        require(video);
        return ArmFit.read(video);
    }

    /** Refuses what is no video of the arm's world. */
    static void require(Media video) {
        if (!(video.frames() >= 2 && video.height() == ArmWorld.SIZE && video.width() == ArmWorld.SIZE)) {
            throw new IllegalArgumentException(
                    "video (%s frames of %s×%s pixels) must have at least 2 frames of 32×32 pixels."
                            .formatted(video.frames(), video.height(), video.width()));
        }
    }

    /** Returns how a video can be followed and how it obeys a prompt; the video is as in {@link #read}. */
    public static ArmVerdict judge(ArmPrompt prompt, Media video) {
        ArmReading reading = read(video);
        SortedMap<ArmFault, String> faults = faults(reading);
        int frames = reading.frames().size();
        ArmPose end = reading.motion().end();
        boolean last = reading.frames().get(frames - 1).clear();
        double arrival = last ? prompt.arrival(end) : 0;
        return new ArmVerdict(
                faults.isEmpty(),
                graded(reading),
                (reading.look() + arrival) / 2,
                last && prompt.obeyed(end),
                reading,
                faults);
    }

    private static double graded(ArmReading reading) {
        double infeasible = reading.frames().stream()
                        .filter(frame -> !frame.clear() || frame.pose().selfColliding())
                        .count()
                / (double) reading.frames().size();
        MotionCost cost =
                MotionCost.of(reading.motion().angles(), ArmWorld.FRAMES_PER_SECOND, ArmWorld.LIMITS, infeasible);
        return cost.reward(1) * gate(reading.extent()) * reading.clear();
    }

    /** Returns what a hand that gets so far from its first place earns for moving, in [0, 1]; what rests earns nothing. */
    public static double gate(double extent) {
        return Math.max(0, Math.min(1, (extent - STILL) / (MOVING - STILL)));
    }

    private static SortedMap<ArmFault, String> faults(ArmReading reading) {
        SortedMap<ArmFault, String> faults = new TreeMap<>();
        long unclear = reading.frames().stream().filter(frame -> !frame.clear()).count();
        if (unclear > 0) {
            faults.put(
                    ArmFault.UNCLEAR,
                    "%s of %s frames show no clear arm"
                            .formatted(unclear, reading.frames().size()));
        }
        if (reading.extent() < MOVING) {
            faults.put(ArmFault.STILL, said("the hand gets %.2f from its place, not %.2f", reading.extent(), MOVING));
        }
        if (reading.frames().stream().anyMatch(frame -> frame.pose().selfColliding())) {
            faults.put(ArmFault.COLLISION, "the hand touches the arm");
        }
        double[][] angles = reading.motion().angles();
        double[][] velocity = MotionCost.differences(angles, ArmWorld.FRAMES_PER_SECOND);
        double[][] acceleration = MotionCost.differences(velocity, ArmWorld.FRAMES_PER_SECOND);
        double[][] jerk = MotionCost.differences(acceleration, ArmWorld.FRAMES_PER_SECOND);
        for (int joint = 0; joint < ArmWorld.LIMITS.size(); joint++) {
            JointLimits limits = ArmWorld.LIMITS.get(joint);
            String name = joint == 0 ? "shoulder" : "elbow";
            double excess = 0;
            for (double[] frame : angles) {
                excess = Math.max(excess, limits.excess(frame[joint]));
            }
            if (excess > ANGLE_ALLOWANCE) {
                said(faults, ArmFault.RANGE, said("the %s is %.2f rad out of its range", name, excess));
            }
            said(faults, ArmFault.VELOCITY, change(name, "velocity", velocity, joint, limits.velocity()));
            said(
                    faults,
                    ArmFault.ACCELERATION,
                    change(name, "acceleration", acceleration, joint, limits.acceleration()));
            said(faults, ArmFault.JERK, change(name, "jerk", jerk, joint, limits.jerk()));
        }
        return faults;
    }

    /** Returns a sentence if a limit is exceeded, else an empty one. */
    private static String change(String joint, String what, double[][] rows, int column, double limit) {
        double most = 0;
        for (double[] row : rows) {
            most = Math.max(most, Math.abs(row[column]));
        }
        return most > limit * (1 + CHANGE_ALLOWANCE)
                ? said("the %s's %s is %.1f times its limit", joint, what, most / limit)
                : "";
    }

    private static void said(SortedMap<ArmFault, String> faults, ArmFault fault, String sentence) {
        if (!sentence.isEmpty()) {
            faults.merge(fault, sentence, (one, other) -> one + "; " + other);
        }
    }

    private static String said(String form, Object... values) {
        return String.format(Locale.ROOT, form, values);
    }
}
