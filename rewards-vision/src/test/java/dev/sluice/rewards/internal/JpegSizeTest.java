package dev.sluice.rewards.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JpegSizeTest {
    private static final int SIDE = 512;

    private interface Painter {
        int value(int y, int x, int channel);
    }

    private static Sample sample(Painter painter) {
        byte[] rgb = new byte[SIDE * SIDE * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) painter.value(i / 3 / SIDE, i / 3 % SIDE, i % 3);
        }
        return new Sample(Media.image(SIDE, SIDE, rgb), "", Map.of());
    }

    private static final Sample FLAT = sample((y, x, c) -> 128);
    private static final Sample RAMP = sample((y, x, c) -> c == 0 ? x / 2 : c == 1 ? y / 2 : (x + y) / 4);
    private static final Sample CHECKERS = sample((y, x, c) -> (x / 8 + y / 8) % 2 == 0 ? 0 : 255);

    /** The byte counts that Pillow gives with quality 95. */
    @Test
    void sizesEqualPillows() {
        try (Reward reward = RewardProvider.named("incompressibility")) {
            assertThat(reward.score(List.of(FLAT, RAMP, CHECKERS)).values()).containsExactly(4.721, 22.49, 8.819);
        }
    }

    @Test
    void compressibilityIsHigherForPlainerPictures() {
        try (Reward reward = RewardProvider.named("compressibility")) {
            Scores scores = reward.score(List.of(FLAT, RAMP));
            assertThat(scores.values()[0]).isCloseTo(-0.009442, within(1e-9));
            assertThat(scores.values()[0]).isGreaterThan(scores.values()[1]);
        }
    }

    @Test
    void aVideosSizeIsTheMeanOverItsFrames() {
        byte[] both = Arrays.copyOf(FLAT.media().rgb(), 2 * FLAT.media().rgb().length);
        System.arraycopy(RAMP.media().rgb(), 0, both, both.length / 2, both.length / 2);
        Sample video = new Sample(new Media(2, SIDE, SIDE, both, 8), "", Map.of());
        try (Reward reward = RewardProvider.named("incompressibility")) {
            Scores scores = reward.score(List.of(video, FLAT));
            assertThat(scores.values()[0]).isCloseTo((4.721 + 22.49) / 2, within(1e-9));
            assertThat(scores.values()[1]).isEqualTo(4.721);
        }
    }
}
