package dev.sluice.rewards.internal.motion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.TestMedia;
import dev.sluice.rewards.VideoFaults;
import dev.sluice.rewards.internal.Luma;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

/** The measures of motion on videos whose values were computed elsewhere, and on what would cheat them. */
class MotionTest {
    private static final Media SQUARE = TestMedia.square(17, 0);
    private static final Media STILL = TestMedia.grey(17, 64, 64, (t, y, x) -> (x * 7 + y * 3) % 200);

    private static Media texture(int step) {
        IntSupplier bytes = TestMedia.bytes();
        int[] values = new int[64 * 64];
        Arrays.setAll(values, i -> bytes.getAsInt());
        return TestMedia.grey(17, 64, 64, (t, y, x) -> values[y * 64 + Math.floorMod(x - step * t, 64)]);
    }

    private static Media noise() {
        IntSupplier bytes = TestMedia.bytes();
        int[] values = new int[17 * 64 * 64];
        Arrays.setAll(values, i -> bytes.getAsInt());
        return TestMedia.grey(17, 64, 64, (t, y, x) -> values[(t * 64 + y) * 64 + x]);
    }

    private static double score(String name, Map<String, Object> options, Media media) {
        try (Reward reward = RewardProvider.named(name, options)) {
            return reward.score(List.of(new Sample(media, "", Map.of()))).values()[0];
        }
    }

    private static double blocks(Media media) {
        return score("motion-smoothness", Map.of(), media);
    }

    private static double blend(Media media) {
        return score("motion-smoothness", Map.of("guess", "blend"), media);
    }

    @Test
    void smoothnessEqualsTheReference() {
        assertThat(blend(SQUARE)).isCloseTo(0.98835784, within(1e-8));
        assertThat(blocks(SQUARE)).isEqualTo(1);
        assertThat(blend(STILL)).isEqualTo(1);
        assertThat(blocks(STILL)).isEqualTo(1);
        assertThat(blend(texture(1))).isCloseTo(0.70718252, within(1e-8));
        assertThat(blocks(texture(1))).isCloseTo(0.92680915, within(1e-8));
        assertThat(blend(noise())).isCloseTo(0.74815434, within(1e-8));
        assertThat(blocks(noise())).isCloseTo(0.70254104, within(1e-8));
    }

    @Test
    void theFlowOfASquareIsThatOfItsBordersAlone() {
        Flow flow = Flow.of(Luma.of(SQUARE, 0), Luma.of(SQUARE, 1), 8, 4);
        int[] dx = new int[64];
        for (int row = 3; row <= 4; row++) {
            dx[8 * row + 1] = 2;
            dx[8 * row + 3] = 2;
        }
        assertThat(flow.dx()).containsExactly(dx);
        assertThat(flow.dy()).containsOnly(0);
    }

    @Test
    void theFlowOfAShiftedTextureIsTheShift() {
        Flow flow = Flow.of(Luma.of(texture(3), 0), Luma.of(texture(3), 1));
        for (int column = 0; column < 7; column++) {
            assertThat(flow.dx()[3 * 8 + column]).isEqualTo(3);
        }
        assertThat(flow.dy()[3 * 8]).isZero();
    }

    @Test
    void aMovingSquareIsDynamicAndAStillPictureIsNot() {
        Dynamics dynamics = Dynamics.of(SQUARE);
        assertThat(dynamics.fastest()).hasSize(16).containsOnly(2.0);
        assertThat(dynamics.threshold()).isEqualTo(1.5);
        assertThat(dynamics.moving()).isTrue();
        assertThat(dynamics.degree()).isCloseTo(2 / 3.0, within(1e-12));
        assertThat(dynamics.nearness(2 / 3.0)).isCloseTo(1, within(1e-12));
        assertThat(dynamics.nearness(0.5)).isCloseTo(1 - (2 / 3.0 - 0.5) / 0.5, within(1e-12));
        assertThat(score("dynamic-degree", Map.of("form", "official"), STILL)).isZero();
        assertThat(score("log-motion", Map.of(), STILL)).isCloseTo(Math.log(1e-3) / 16, within(1e-12));
    }

    @Test
    void flickerEqualsTheReference() {
        Media flickering = TestMedia.square(17, 4);
        assertThat(score("temporal-flicker", Map.of("form", "still"), SQUARE)).isCloseTo(0.98835784, within(1e-8));
        assertThat(score("temporal-flicker", Map.of("form", "global"), flickering))
                .isCloseTo(2 / 6.0, within(1e-9));
        assertThat(score("temporal-flicker", Map.of("form", "local"), flickering))
                .isCloseTo(2 / 6.0, within(1e-9));
        assertThat(score("temporal-flicker", Map.of("form", "local"), SQUARE)).isEqualTo(1);
    }

    @Test
    void aFrozenVideoIsFoundAlsoUnderNoise() {
        Random random = new Random(1);
        int[] grain = random.ints(17 * 64 * 64, -2, 3).toArray();
        Media texture = texture(0);
        Media grainy = TestMedia.grey(
                17, 64, 64, (t, y, x) -> 50 + texture.value(0, y, x, 0) / 2 + grain[(t * 64 + y) * 64 + x]);
        for (Media still : List.of(STILL, grainy)) {
            VideoFaults faults = VideoFaults.of(still);
            assertThat(faults.frozen()).isTrue();
            assertThat(faults.factor()).isZero();
            assertThat(faults.longestFreeze()).isEqualTo(1);
            assertThat(faults.looping()).isFalse();
        }
        VideoFaults moving = VideoFaults.of(SQUARE);
        assertThat(moving.frozenShare()).isZero();
        assertThat(moving.factor()).isEqualTo(1);
    }

    @Test
    void stallsLoopsCutsAndBlackAreFound() {
        Media stalling = TestMedia.grey(16, 64, 64, (t, y, x) -> (x * 7 + y * 3 + Math.max(0, t - 7) * 11) % 200);
        VideoFaults stalled = VideoFaults.of(stalling);
        assertThat(stalled.frozenShare()).isCloseTo(7 / 15.0, within(1e-12));
        assertThat(stalled.longestFreeze()).isEqualTo(0.5);
        assertThat(stalled.stalled()).isTrue();
        assertThat(stalled.factor()).isCloseTo(1 - (7 / 15.0 - 0.2) / 0.8, within(1e-12));

        Media loop = TestMedia.grey(16, 64, 64, (t, y, x) -> (x * 7 + y * 3 + t % 4 * 41) % 200);
        assertThat(VideoFaults.of(loop).looping()).isTrue();
        assertThat(VideoFaults.of(noise()).looping()).isFalse();

        Media cut = TestMedia.grey(6, 64, 64, (t, y, x) -> (t < 3 ? 20 : 200) + (x + t) % 20);
        assertThat(VideoFaults.of(cut).cuts()).containsExactly(3);
        assertThat(VideoFaults.of(noise()).cuts()).isEmpty();
        // the pair that the cut lies within does not count
        assertThat(blend(cut)).isGreaterThan(0.98);

        Media black = TestMedia.grey(6, 64, 64, (t, y, x) -> 2);
        assertThat(VideoFaults.of(black).black()).isTrue();
        assertThat(score("subject-consistency", Map.of(), black)).isNaN();
    }

    @Test
    void aStillVideoLooksTheSameThroughout() {
        assertThat(score("subject-consistency", Map.of(), STILL)).isCloseTo(1, within(1e-12));
        assertThat(score("background-consistency", Map.of(), STILL)).isCloseTo(1, within(1e-12));
        double moving = score("subject-consistency", Map.of(), SQUARE);
        assertThat(moving).isBetween(0.5, 0.999);
        // what moves in the middle changes the border little
        Media centre = TestMedia.grey(
                5, 64, 64, (t, y, x) -> y >= 24 && y < 40 && x >= 18 + 2 * t && x < 34 + 2 * t ? 220 : 30);
        assertThat(score("background-consistency", Map.of(), centre)).isCloseTo(1, within(1e-9));
        assertThat(score("subject-consistency", Map.of(), centre)).isLessThan(0.999);
    }

    @Test
    void aWrongInputIsRefusedWithTheReason() {
        Media silent = new Media(3, 16, 16, new byte[3 * 768], 0);
        assertThatThrownBy(() -> Dynamics.of(silent))
                .hasMessage("the video does not say how many frames it shows per second");
        assertThatThrownBy(() -> Smoothness.score(TestMedia.square(2, 0), Smoothness.Guess.BLEND))
                .hasMessageContaining("at least 3 are needed");
        assertThatThrownBy(() ->
                        RewardProvider.provider("dynamic-degree").check(Map.of("form", "official", "target", "0.3")))
                .hasMessageStartingWith("dynamic-degree.target (0.3) must go with form: continuous");
    }
}
