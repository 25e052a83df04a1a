package dev.sluice.rewards.internal;

import dev.sluice.rewards.ArmMotion;
import dev.sluice.rewards.ArmPose;
import dev.sluice.rewards.ArmPrompt;
import dev.sluice.rewards.ArmWorld;
import dev.sluice.rewards.JointLimits;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** Draws motions of {@link ArmWorld}, and spoils them. */
public final class ArmMotions {
    private static final int TRIES = 100_000;
    /** How far poses keep from the ends of a joint's range. */
    private static final double MARGIN = 0.1;
    /** A motion turns some joint at least so far, and the hand is carried at least so far. */
    private static final double LEAST_TURN = 0.5;

    private static final double LEAST_WAY = 0.3;
    /** The peaks of a minimum-jerk motion of length and duration 1: 30/16, 10/√3 and 60. */
    private static final double[] PEAKS = {1.875, 10 / Math.sqrt(3), 60};

    /** The least share of a video that a drawn motion takes. */
    private static final double SLOW = 0.85;

    private static final double LONGEST = (ArmWorld.FRAMES - 1) / ArmWorld.FRAMES_PER_SECOND;

    private ArmMotions() {}

    /**
     * Returns an executable motion that obeys a prompt, in the middle of what it allows. It starts with the arm half bent, the shoulder
     * about 1 rad beside where it ends, on the side where it has room, and takes nearly the whole video. A prompt thus nearly tells the
     * motion, so that a small network can draw it to a tenth of a pixel, which is what limits of jerk ask for.
     */
    public static ArmMotion draw(ArmPrompt prompt, SplittableRandom random) {
        return drawn(random, SLOW * LONGEST, () -> {
            Hand hand = Hand.amid(prompt, random);
            return hand.pose(1)
                    .filter(ArmMotions::inRange)
                    .or(() -> hand.pose(-1))
                    .map(to -> new Ends(beside(to, random), to));
        });
    }

    private static ArmPose beside(ArmPose to, SplittableRandom random) {
        double turn = random.nextDouble(0.95, 1.05);
        ArmPose from = new ArmPose(to.shoulder() - turn, Math.copySign(random.nextDouble(0.75, 0.85), to.elbow()));
        return inRange(from) ? from : new ArmPose(to.shoulder() + turn, from.elbow());
    }

    /** Returns an executable motion that obeys a prompt, from any pose. */
    public static ArmMotion anywhere(ArmPrompt prompt, SplittableRandom random) {
        return drawn(random, 0, () -> {
            ArmPose from = new ArmPose(random.nextDouble(-2.6, 2.6), random.nextDouble(-2.2, 2.2));
            return Hand.anywhere(prompt, random)
                    .pose(random.nextBoolean() ? 1 : -1)
                    .map(to -> new Ends(from, to));
        });
    }

    /** Where a motion starts and where it ends. */
    private record Ends(ArmPose from, ArmPose to) {
        /** Returns whether the joints can take both poses, and the hand is carried from one to the other. */
        private boolean carry() {
            if (!inRange(from) || !inRange(to)) {
                return false;
            }
            double turn = Math.max(Math.abs(to.shoulder() - from.shoulder()), Math.abs(to.elbow() - from.elbow()));
            return turn >= LEAST_TURN && way(from, to) >= LEAST_WAY;
        }
    }

    private static ArmMotion drawn(SplittableRandom random, double shortest, Supplier<Optional<Ends>> draw) {
        for (int i = 0; i < TRIES; i++) {
            Optional<Ends> ends = draw.get().filter(Ends::carry);
            double least = ends.map(drawn -> Math.max(shortest, legalSeconds(drawn.from, drawn.to)))
                    .orElse(Double.POSITIVE_INFINITY);
            if (least <= LONGEST) {
                double seconds = random.nextDouble(least, LONGEST + 1e-9);
                return minimumJerk(ends.get().from, ends.get().to, 0, seconds);
            }
        }
        throw new IllegalStateException("No motion was found in %s tries.".formatted(TRIES));
    }

    /** A place that a prompt sends the hand to. */
    private record Hand(double x, double y) {
        private static Hand anywhere(ArmPrompt prompt, SplittableRandom random) {
            return at(prompt, random.nextDouble(nearest(prompt), farthest(prompt)), random.nextDouble(-0.28, 0.28));
        }

        private static Hand amid(ArmPrompt prompt, SplittableRandom random) {
            double middle = (nearest(prompt) + farthest(prompt)) / 2;
            return at(prompt, middle + random.nextDouble(-0.05, 0.05), random.nextDouble(-0.1, 0.1));
        }

        private static Hand at(ArmPrompt prompt, double distance, double beside) {
            double bearing = prompt.direction().angle() + beside;
            return new Hand(distance * Math.cos(bearing), distance * Math.sin(bearing));
        }

        private static double nearest(ArmPrompt prompt) {
            return Math.max(0.45, prompt.reach().least() + 0.05);
        }

        private static double farthest(ArmPrompt prompt) {
            return prompt.reach().greatest() - 0.03;
        }

        /** Returns the pose with the elbow to one side, if the arm is long enough. */
        private Optional<ArmPose> pose(int bend) {
            return ArmPose.at(x, y, bend);
        }
    }

    private static boolean inRange(ArmPose pose) {
        return within(pose.shoulder(), ArmWorld.LIMITS.get(0)) && within(pose.elbow(), ArmWorld.LIMITS.get(1));
    }

    private static boolean within(double angle, JointLimits limits) {
        return angle >= limits.least() + MARGIN && angle <= limits.greatest() - MARGIN;
    }

    private static double way(ArmPose from, ArmPose to) {
        return Math.hypot(to.handX() - from.handX(), to.handY() - from.handY());
    }

    private static double legalSeconds(ArmPose from, ArmPose to) {
        return Math.max(
                legalSeconds(Math.abs(to.shoulder() - from.shoulder()), ArmWorld.LIMITS.get(0)),
                legalSeconds(Math.abs(to.elbow() - from.elbow()), ArmWorld.LIMITS.get(1)));
    }

    private static double legalSeconds(double turn, JointLimits limits) {
        return Math.max(
                PEAKS[0] * turn / limits.velocity(),
                Math.max(
                        Math.sqrt(PEAKS[1] * turn / limits.acceleration()),
                        Math.cbrt(PEAKS[2] * turn / limits.jerk())));
    }

    /** Returns a motion that rests for some frames, takes so many seconds, and rests again. */
    private static ArmMotion minimumJerk(ArmPose from, ArmPose to, double wait, double seconds) {
        List<ArmPose> poses = new ArrayList<>();
        for (int frame = 0; frame < ArmWorld.FRAMES; frame++) {
            double elapsed = Math.max(0, frame - wait) / ArmWorld.FRAMES_PER_SECOND;
            double s = Math.min(1, elapsed / seconds);
            double share = s * s * s * (10 + s * (6 * s - 15));
            poses.add(between(from, to, share));
        }
        return new ArmMotion(poses);
    }

    private static ArmPose between(ArmPose from, ArmPose to, double share) {
        return new ArmPose(
                from.shoulder() + share * (to.shoulder() - from.shoulder()),
                from.elbow() + share * (to.elbow() - from.elbow()));
    }

    /** Returns the motion with noise of a standard deviation on every angle. */
    public static ArmMotion jittered(ArmMotion clean, double deviation, SplittableRandom random) {
        return new ArmMotion(clean.poses().stream()
                .map(pose -> new ArmPose(
                        pose.shoulder() + deviation * random.nextGaussian(),
                        pose.elbow() + deviation * random.nextGaussian()))
                .toList());
    }

    /** Returns the motion with one joint led smoothly to an angle, of either sign, and back, some time. */
    public static ArmMotion bulged(ArmMotion clean, int joint, double peak, SplittableRandom random) {
        int frames = clean.poses().size();
        return bulged(clean, joint, peak, random.nextInt(frames / 3, 2 * frames / 3));
    }

    /** Returns the motion with one joint led smoothly to an angle, of either sign, which it has in the middle frame, and back. */
    public static ArmMotion bulged(ArmMotion clean, int joint, double peak, int middle) {
        int frames = clean.poses().size();
        double[][] angles = clean.angles();
        double target = Math.copySign(peak, angles[middle][joint]);
        double bulge = target - angles[middle][joint];
        List<ArmPose> poses = new ArrayList<>();
        for (int frame = 0; frame < frames; frame++) {
            double wide = frame <= middle ? middle : frames - 1.0 - middle;
            double share = (1 + Math.cos(Math.PI * (frame - middle) / wide)) / 2;
            angles[frame][joint] += bulge * share;
            poses.add(new ArmPose(angles[frame][0], angles[frame][1]));
        }
        return new ArmMotion(poses);
    }

    /** Returns the same poses in a random order. */
    public static ArmMotion shuffled(ArmMotion motion, SplittableRandom random) {
        List<ArmPose> poses = new ArrayList<>(motion.poses());
        for (int i = poses.size() - 1; i > 0; i--) {
            Collections.swap(poses, i, random.nextInt(i + 1));
        }
        return new ArmMotion(poses);
    }

    /** Returns the motion in a third of the time that its joints need, at a random moment. */
    public static ArmMotion rushed(ArmMotion clean, SplittableRandom random) {
        double seconds = legalSeconds(clean.poses().get(0), clean.end()) / 3;
        return minimumJerk(clean.poses().get(0), clean.end(), random.nextInt(ArmWorld.FRAMES / 2), seconds);
    }

    /**
     * Returns the motion in 0.55 to 0.75 of the time that its joints need, in the middle of the video. What lies between it and a clean
     * one, which takes all of the video, is a motion of middling speed, and not two at a time.
     */
    public static ArmMotion hurried(ArmMotion clean, SplittableRandom random) {
        double seconds =
                random.nextDouble(0.55, 0.75) * legalSeconds(clean.poses().get(0), clean.end());
        double wait = (LONGEST - seconds) / 2 * ArmWorld.FRAMES_PER_SECOND;
        return minimumJerk(clean.poses().get(0), clean.end(), wait, seconds);
    }
}
