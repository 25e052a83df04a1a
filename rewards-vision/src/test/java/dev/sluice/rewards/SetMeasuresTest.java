package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.internal.sets.Spread;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SetMeasuresTest {
    @TempDir
    private Path folder;

    private static Spread normal(double[] mean, double[][] covariance) {
        return new Spread(mean, covariance);
    }

    @Test
    void frechetsDistanceEqualsTheReference() {
        assertThat(Spread.distance(
                        normal(new double[] {0}, new double[][] {{1}}), normal(new double[] {3}, new double[][] {{4}})))
                .isCloseTo(10, within(1e-12));
        assertThat(Spread.distance(
                        normal(new double[] {1, 0}, new double[][] {{2, .5}, {.5, 1}}),
                        normal(new double[] {0, 2}, new double[][] {{1, -.3}, {-.3, 2}})))
                .isCloseTo(5.575426, within(1e-6));
        double[][] square = {{0, 0}, {2, 0}, {0, 2}, {2, 2}};
        double[][] moved = {{1, 1}, {3, 1}, {1, 3}, {3, 3}};
        assertThat(SetMeasures.frechet(square, moved)).isCloseTo(2, within(1e-12));
        assertThat(SetMeasures.frechet(square, square)).isCloseTo(0, within(1e-12));
        assertThatThrownBy(() -> SetMeasures.frechet(new double[][] {{1}}, square))
                .hasMessage("The set has 1 samples; at least 2 are needed.");
    }

    @Test
    void theKernelDistanceEqualsTheReference() {
        double[][] x = {{1, 0}, {0, 1}, {1, 1}};
        double[][] y = {{2, 0}, {0, 2}};
        assertThat(SetMeasures.kernelDistance(x, y)).isCloseTo(-7.75, within(1e-12));
        assertThat(SetMeasures.kernelDistance(x, x)).isCloseTo(-1.555556, within(1e-6));
    }

    @Test
    void theVendiScoreCountsWhatIsDifferent() {
        double[][] alike = {{1, 0}, {1, 0}, {1, 0}};
        double[][] different = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
        double[][] half = {{1, 0}, {0.5, Math.sqrt(0.75)}};
        double[][] two = {{1, 0, 0}, {0.9, Math.sqrt(0.19), 0}, {0, 0, 1}};
        assertThat(SetMeasures.vendi(alike)).isCloseTo(1, within(1e-12));
        assertThat(SetMeasures.vendi(different)).isCloseTo(3, within(1e-12));
        assertThat(SetMeasures.vendi(half)).isCloseTo(1.754765, within(1e-6));
        assertThat(SetMeasures.vendi(two)).isCloseTo(2.157300, within(1e-6));
        assertThat(SetMeasures.leaveOneOut(SetMeasures::vendi, two))
                .containsExactly(new double[] {.157300, .157300, .937710}, within(1e-6));
    }

    private static Sample sample(Media media) {
        return new Sample(media, "a prompt", Map.of());
    }

    /** Returns one picture with a little noise of its own. */
    private static Media view(long seed) {
        return SyntheticArtifact.NOISE.apply(TestMedia.photo(32, 7), 1, seed);
    }

    private static Media plain(int grey) {
        return TestMedia.grey(32, 32, (y, x) -> grey + (x + y) % 3);
    }

    @Test
    void theOddOneOutOfAPromptAddsMostVariety() {
        List<Sample> samples = List.of(sample(plain(40)), sample(plain(42)), sample(TestMedia.photo(32, 1)));
        for (String measure : List.of("vendi", "distance")) {
            try (Reward reward = RewardProvider.named("diversity", Map.of("measure", measure))) {
                double[] scores = reward.score(samples).values();
                assertThat(scores[2]).isGreaterThan(scores[0] + 0.1).isGreaterThan(scores[1] + 0.1);
            }
        }
        Sample lonely = new Sample(plain(40), "another prompt", Map.of());
        try (Reward reward = RewardProvider.named("diversity")) {
            Scores scores = reward.score(List.of(lonely, samples.get(0), samples.get(2)));
            assertThat(scores.reasons()).containsOnlyKeys(0);
            assertThat(scores.values()[1]).isCloseTo(scores.values()[2], within(1e-12));
            assertThat(reward.score(List.of()).size()).isZero();
        }
    }

    @Test
    void whatLooksLikeTheExemplarsAddsMost() throws IOException {
        for (int i = 0; i < 6; i++) {
            ImageFiles.write(view(100 + i), folder.resolve("%s.png".formatted(i)));
        }
        Random random = new Random(1);
        Media noise = TestMedia.grey(32, 32, (y, x) -> random.nextInt(256));
        List<Sample> samples = List.of(sample(view(1)), sample(view(2)), sample(view(3)), sample(noise));
        for (String measure : List.of("nearest", "kernel", "frechet")) {
            Map<String, Object> options = Map.of("folder", folder.toString(), "measure", measure);
            try (Reward reward = RewardProvider.named("exemplars", options)) {
                double[] scores = reward.score(samples).values();
                for (int i = 0; i < 3; i++) {
                    assertThat(scores[i]).as("%s %s", measure, i).isGreaterThan(scores[3]);
                }
            }
        }
        assertThatThrownBy(() -> RewardProvider.provider("exemplars").check(Map.of()))
                .hasMessageStartingWith("exemplars.folder must name a folder of pictures.");
        assertThatThrownBy(() -> RewardProvider.provider("exemplars").check(Map.of("folder", "nowhere")))
                .hasMessage("exemplars.folder (nowhere) must be a folder.");
    }
}
