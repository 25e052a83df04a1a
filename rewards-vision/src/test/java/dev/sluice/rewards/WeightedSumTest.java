package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.video.Media;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WeightedSumTest {
    private static final Sample SAMPLE = new Sample(Media.image(1, 1, new byte[3]), "", Map.of());

    @Test
    void severalRewardsWithACommaBetweenThemAreToldApart() {
        assertThatThrownBy(() -> RewardProvider.named("compressibility,scenes"))
                .hasMessageContaining("The reward (compressibility,scenes) is unknown")
                .hasMessageEndingWith("Maybe write compressibility scenes: rewards are parted by blanks.");
        assertThatThrownBy(() -> RewardProvider.named("compressibility,beauty"))
                .hasMessageEndingWith("Maybe compressibility was meant.");
    }

    @Test
    void aSumIsWeightedAndASampleThatOnePartCannotScoreHasNone() {
        Reward first = samples -> Scores.of(1, 2, 3);
        Reward second = samples -> new Scores(new double[] {10, Double.NaN, 30}, Map.of(1, "it is blank"));
        WeightedSum sum =
                new WeightedSum(List.of(new WeightedSum.Part("a", first, 0.5), new WeightedSum.Part("b", second, -1)));
        Scores scores = sum.score(List.of(SAMPLE, SAMPLE, SAMPLE));
        assertThat(scores.values()).containsExactly(-9.5, Double.NaN, -28.5);
        assertThat(scores.reasons()).containsOnly(Map.entry(1, "b: it is blank"));
    }

    @Test
    void anUnknownNameIsRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> RewardProvider.named("beauty"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("The reward (beauty) is unknown; the class path has");
        assertThatThrownBy(() -> new WeightedSum(List.of())).hasMessageContaining("at least one");
        WeightedSum.Part part = new WeightedSum.Part("a", samples -> Scores.of(1), 1);
        assertThatThrownBy(() -> new WeightedSum(List.of(part, part)))
                .hasMessageContaining("The reward a is there twice");
    }
}
