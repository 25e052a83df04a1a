package dev.sluice.rewards;

import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;

/** The contract of the rewards that need no weights and no prompt. */
class MediaRewardContractTest {
    private static List<Sample> samples(Media... media) {
        return Arrays.stream(media).map(one -> new Sample(one, "", Map.of())).toList();
    }

    private static Media moving(int frames, int pixels) {
        return TestMedia.grey(frames, 64, 64, (t, y, x) -> {
            int left = 4 + pixels * t;
            return y >= 24 && y < 40 && x >= left && x < left + 16 ? 220 : 30;
        });
    }

    private static Media pulsing(int by) {
        return TestMedia.square(9, by);
    }

    /** Returns a video whose texture changes entirely in some of its frames. */
    private static Media changing(int shown) {
        return TestMedia.grey(9, 32, 32, (t, y, x) -> (x * (t < shown ? 7 : 31 * t) + y * (t < shown ? 3 : 17)) % 200);
    }

    private static List<Sample> spoilt() {
        Media clean = TestMedia.photo(64, 3);
        return samples(
                SyntheticArtifact.NOISE.apply(clean, 5, 1),
                SyntheticArtifact.NOISE.apply(clean, 3, 1),
                SyntheticArtifact.NOISE.apply(clean, 1, 1));
    }

    @Nested
    class Artifacts extends RewardContract {
        @Override
        String name() {
            return "artifacts";
        }

        @Override
        List<Sample> worstToBest() {
            return spoilt();
        }
    }

    @Nested
    class ArtifactPenalty extends RewardContract {
        @Override
        String name() {
            return "artifact-penalty";
        }

        @Override
        List<Sample> worstToBest() {
            Media clean = TestMedia.photo(64, 3);
            Media bright = SyntheticArtifact.OVEREXPOSURE.apply(SyntheticArtifact.SATURATION.apply(clean, 5, 1), 5, 1);
            Media salt = TestMedia.grey(64, 64, (y, x) -> (x * x * 7 + y * y * 13 + x * y * 29) % 5 < 2 ? 0 : 255);
            return samples(salt, SyntheticArtifact.NOISE.apply(bright, 5, 1), clean);
        }
    }

    @Nested
    class MotionSmoothness extends RewardContract {
        @Override
        String name() {
            return "motion-smoothness";
        }

        @Override
        List<Sample> worstToBest() {
            return samples(pulsing(30), pulsing(10), pulsing(0));
        }
    }

    @Nested
    class DynamicDegree extends RewardContract {
        @Override
        String name() {
            return "dynamic-degree";
        }

        @Override
        List<Sample> worstToBest() {
            return samples(moving(5, 0), moving(5, 1), moving(5, 2));
        }
    }

    @Nested
    class LogMotion extends RewardContract {
        @Override
        String name() {
            return "log-motion";
        }

        @Override
        List<Sample> worstToBest() {
            return samples(moving(5, 0), moving(5, 1), moving(5, 2));
        }
    }

    @Nested
    class TemporalFlicker extends RewardContract {
        @Override
        String name() {
            return "temporal-flicker";
        }

        @Override
        List<Sample> worstToBest() {
            return samples(pulsing(30), pulsing(10), pulsing(0));
        }
    }

    @Nested
    class SubjectConsistency extends RewardContract {
        @Override
        String name() {
            return "subject-consistency";
        }

        @Override
        List<Sample> worstToBest() {
            return samples(changing(2), changing(6), changing(9));
        }
    }

    @Nested
    class BackgroundConsistency extends RewardContract {
        @Override
        String name() {
            return "background-consistency";
        }

        @Override
        List<Sample> worstToBest() {
            return samples(changing(2), changing(6), changing(9));
        }
    }

    @Nested
    class NotFrozen extends RewardContract {
        @Override
        String name() {
            return "not-frozen";
        }

        @Override
        List<Sample> worstToBest() {
            return samples(changing(9), changing(5), changing(2));
        }
    }
}
