package dev.sluice.rewards;

import dev.sluice.rewards.internal.ArmMotions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/** What can be wrong with a motion; each makes one that cannot be executed of one that can. */
public enum ArmFlaw {
    /** Angles tremble by 0.1 rad (standard deviation). */
    JITTERED {
        @Override
        public ArmMotion apply(ArmMotion clean, SplittableRandom random) {
            return ArmMotions.jittered(clean, 0.1, random);
        }
    },
    /** A joint turns smoothly out of its range and back. */
    BEYOND_LIMITS {
        @Override
        public ArmMotion apply(ArmMotion clean, SplittableRandom random) {
            return random.nextBoolean()
                    ? ArmMotions.bulged(clean, 0, random.nextDouble(3.1, 3.6), random)
                    : ArmMotions.bulged(clean, 1, random.nextDouble(2.5, 2.65), random);
        }
    },
    /** The whole way in a third of the time that the joints need. */
    TOO_FAST {
        @Override
        public ArmMotion apply(ArmMotion clean, SplittableRandom random) {
            return ArmMotions.rushed(clean, random);
        }
    },
    /** Nothing moves. */
    FROZEN {
        @Override
        public ArmMotion apply(ArmMotion clean, SplittableRandom random) {
            ArmPose still = clean.poses().get(random.nextInt(clean.poses().size()));
            return new ArmMotion(Collections.nCopies(clean.poses().size(), still));
        }
    },
    /** The hand folds onto the upper link. */
    SELF_COLLIDING {
        @Override
        public ArmMotion apply(ArmMotion clean, SplittableRandom random) {
            return ArmMotions.bulged(clean, 1, random.nextDouble(2.75, 2.95), random);
        }
    },
    /** The halves of the motion change places. */
    TELEPORTING {
        @Override
        public ArmMotion apply(ArmMotion clean, SplittableRandom random) {
            List<ArmPose> poses = new ArrayList<>(clean.poses());
            Collections.rotate(poses, poses.size() / 2);
            return new ArmMotion(poses);
        }
    };

    /** Returns a flawed motion like a clean one. */
    public abstract ArmMotion apply(ArmMotion clean, SplittableRandom random);
}
