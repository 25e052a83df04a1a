package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract of rewards whose networks the test writes: the mean colour, and words of colours. */
class VisualRewardContractTest {
    private static List<Sample> samples(Media... media) {
        return Arrays.stream(media)
                .map(one -> new Sample(one, "a red cup", Map.of()))
                .toList();
    }

    @Nested
    class GoalBaseline extends RewardContract {
        @TempDir
        private Path folder;

        @Override
        String name() {
            return "goal-baseline";
        }

        @Override
        Map<String, Object> options() {
            try {
                return Map.of("model", TinyModels.colourClip(folder), "threads", 1, "baseline", "blue");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        List<Sample> worstToBest() {
            return samples(TestMedia.plain(0x0000FF), TestMedia.plain(0x800080), TestMedia.plain(0xFF0000));
        }

        @Override
        String longPrompt() {
            return "a red circle ".repeat(800);
        }
    }

    @Nested
    class HpsV2 extends RewardContract {
        @TempDir
        private Path folder;

        @Override
        String name() {
            return "hpsv2";
        }

        @Override
        Map<String, Object> options() {
            try {
                return Map.of("model", TinyModels.colourClip(folder), "threads", 1);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        List<Sample> worstToBest() {
            return samples(TestMedia.plain(0x0000FF), TestMedia.plain(0x800080), TestMedia.plain(0xFF0000));
        }

        /** Half of the square is the red picture and half is black: the mean colour is (0, −1, −1), red is (1, −1, −1). */
        @Test
        void theScoreIsTheCosineOfThePictureFilledUpWithBlack() {
            byte[] red = new byte[3 * 64 * 32];
            for (int i = 0; i < red.length; i += 3) {
                red[i] = (byte) 255;
            }
            double[] scores = score(List.of(
                    new Sample(Media.image(64, 32, red), "red", Map.of()),
                    new Sample(Media.image(32, 64, red), "red", Map.of()),
                    new Sample(TestMedia.plain(0xFF0000), "red", Map.of()),
                    new Sample(TestMedia.plain(0x00FFFF), "red", Map.of())));
            assertThat(scores).containsExactly(new double[] {2 / Math.sqrt(6), 2 / Math.sqrt(6), 1, -1}, within(1e-6));
        }
    }

    @Nested
    class FeatureMatching extends RewardContract {
        @TempDir
        private Path folder;

        @Override
        String name() {
            return "feature-matching";
        }

        @Override
        Map<String, Object> options() {
            try {
                ImageFiles.write(TestMedia.plain(0xFF0000), folder.resolve("frame-1.png"));
                ImageFiles.write(TestMedia.plain(0x00FF00), folder.resolve("frame-2.png"));
                return Map.of("references", folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        List<Sample> worstToBest() {
            return samples(
                    TestMedia.plain(0, 0), TestMedia.plain(0xFF0000, 0xFF0000), TestMedia.plain(0x00FF00, 0xFF0000));
        }
    }

    private abstract static class OfADetector extends RewardContract {
        @TempDir
        private Path folder;

        @Override
        Map<String, Object> options() {
            try {
                return Map.of("model", TinyDetector.write(folder, "yolov8", ""), "threads", 1);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        List<Sample> worstToBest() {
            return Stream.of(".... .c.. .... ....", ".... .c.. d... ....", "..d. .... .c.. d...")
                    .map(cells -> new Sample(
                            TinyDetector.picture(cells, 0xFF0000), "two dogs", TinyDetector.counting("dog", 2)))
                    .toList();
        }
    }

    @Nested
    class GenEval extends OfADetector {
        @Override
        String name() {
            return "geneval";
        }
    }

    @Nested
    class GenEvalGraded extends OfADetector {
        @Override
        String name() {
            return "geneval-graded";
        }
    }

    @Nested
    class SubjectConsistencyOfANetwork extends RewardContract {
        @TempDir
        private Path folder;

        @Override
        String name() {
            return "subject-consistency";
        }

        @Override
        Map<String, Object> options() {
            try {
                return Map.of("model", TinyModels.colourEncoder(folder), "threads", 1);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        List<Sample> worstToBest() {
            return samples(
                    TestMedia.plain(0xFFFFFF, 0x0000FF, 0x00FF00),
                    TestMedia.plain(0xFFFFFF, 0xFFFF00, 0xFFFF00),
                    TestMedia.plain(0xFFFFFF, 0xFFFFFF, 0xFFFFFF));
        }
    }
}
