package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SyntheticArtifactTest {
    private static double score(Media media, String measure) {
        return ArtifactMeasures.of(media, 0, 8).scores(0).get(measure);
    }

    /** The flaw that each measure is there for, on three pictures: every step of its strength costs. */
    @ParameterizedTest(name = "{0} falls with {1}")
    @CsvSource({
        "blockiness, JPEG",
        "sharpness, BLUR",
        "noise, NOISE",
        "saturation, SATURATION",
        "ringing, RINGING",
        "exposure, OVEREXPOSURE",
        "blockiness, GRID",
        "grid, CHECKERBOARD"
    })
    void everyMeasureFallsWithTheStrengthOfItsFlaw(String measure, SyntheticArtifact flaw) {
        // beyond that the halos are edges themselves, and what is near them lies further out
        int strongest = measure.equals("ringing") ? 3 : SyntheticArtifact.STRONGEST;
        double[] means = new double[strongest + 1];
        for (int seed = 1; seed <= 3; seed++) {
            Media clean = measure.equals("ringing") ? TestMedia.poster(128, seed) : TestMedia.photo(128, seed);
            for (int strength = 0; strength < means.length; strength++) {
                means[strength] += score(strength == 0 ? clean : flaw.apply(clean, strength, 7), measure) / 3;
            }
        }
        for (int strength = 1; strength < means.length; strength++) {
            assertThat(means[strength])
                    .as("%s at strength %s: %s", measure, strength, Arrays.toString(means))
                    .isLessThanOrEqualTo(means[strength - 1]);
        }
        assertThat(means[strongest]).isLessThan(means[0] - 0.05);
    }

    @ParameterizedTest
    @EnumSource
    void theSameSeedSpoilsTheSamePlacesOfACopy(SyntheticArtifact flaw) {
        for (int side : new int[] {16, 32, 96}) {
            Media clean = TestMedia.photo(side, 5);
            byte[] before = clean.rgb().clone();
            Media spoilt = flaw.apply(clean, 5, 11);
            assertThat(clean.rgb()).isEqualTo(before);
            assertThat(spoilt.rgb())
                    .isNotEqualTo(before)
                    .isEqualTo(flaw.apply(clean, 5, 11).rgb());
            assertThat(new int[] {spoilt.height(), spoilt.width()}).containsExactly(side, side);
        }
    }

    @Test
    void aVideoIsSpoiltFrameByFrame() {
        Media video = TestMedia.square(3, 0);
        Media spoilt = SyntheticArtifact.BLUR.apply(video, 2, 1);
        assertThat(spoilt.frames()).isEqualTo(3);
        assertThat(spoilt.framesPerSecond()).isEqualTo(8);
        assertThatThrownBy(() -> SyntheticArtifact.BLUR.apply(video, 6, 1))
                .hasMessage("strength (6) must be at least 1 and at most 5.");
    }

    @Test
    void aPenaltyLeavesCleanPicturesAlone() {
        Sample clean = new Sample(TestMedia.photo(64, 2), "", Map.of());
        Sample noisy = new Sample(SyntheticArtifact.NOISE.apply(clean.media(), 5, 1), "", Map.of());
        try (Reward penalty = RewardProvider.named("artifact-penalty", Map.of("measure", "noise", "floor", "0.8"))) {
            double[] scores = penalty.score(List.of(clean, noisy)).values();
            assertThat(scores[0]).isZero();
            assertThat(scores[1]).isBetween(-1.0, -0.9);
        }
        assertThatThrownBy(() -> RewardProvider.provider("artifacts").check(Map.of("period", "one")))
                .hasMessage("artifacts.period (one) must be a whole number of at least 2 and at most 1024.");
        assertThatThrownBy(() -> RewardProvider.provider("artifacts").check(Map.of("measure", "beauty")))
                .hasMessageStartingWith("artifacts.measure (beauty) must be one of mean, worst, blockiness");
    }
}
