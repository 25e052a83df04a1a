package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.Joining.By;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JoiningTest {
    private static final Sample SAMPLE = new Sample(Media.image(1, 1, new byte[3]), "", Map.of());
    private static final List<String> THREE = List.of("a", "b", "c");
    private static final double[] ONES = {1, 1, 1};
    /** Three judges of three samples. */
    private static final double[][] JUDGES = {{1, 2, .5}, {.8, 3, .6}, {1.2, -2, .4}};

    private static void ensemble(By by, double penalty, double... expected) {
        for (int i = 0; i < 3; i++) {
            int sample = i;
            double[] scores =
                    Arrays.stream(JUDGES).mapToDouble(judge -> judge[sample]).toArray();
            assertThat(new Joining.Ensemble(by, penalty).of(THREE, scores, ONES))
                    .isCloseTo(expected[i], within(1e-6));
        }
    }

    @Test
    void ensemblesEqualTheReference() {
        ensemble(By.MEAN, 1, 1, 1, .5);
        ensemble(By.LEAST, 1, .8, -2, .4);
        ensemble(By.MEDIAN, 1, 1, 2, .5);
        ensemble(By.DEVIATION, 1, .836701, -1.160247, .418350);
        ensemble(By.VARIANCE, .5, .986667, -1.333333, .496667);
    }

    @Test
    void withoutTheBaseNoBonusCounts() {
        List<String> names = List.of("execution", "consistency");
        double[] weights = {1, 1};
        Joining editing = new Joining.BaseAndBonus("execution", 0.6);
        assertThat(editing.of(names, new double[] {.8, .5}, weights)).isCloseTo(0.64, within(1e-12));
        assertThat(editing.of(names, new double[] {0, 1}, weights)).isZero();
        assertThat(editing.of(names, new double[] {2, 7}, weights)).isEqualTo(1);
        assertThat(new Joining.BaseAndBonus("execution", 0.4).of(names, new double[] {.75, .5}, weights))
                .isCloseTo(0.525, within(1e-12));
        assertThat(new Joining.BaseAndBonus("consistency", 0).of(names, new double[] {.5, .5}, weights))
                .isCloseTo(0.25, within(1e-12));
    }

    @Test
    void rewardsThatDoNotFitAreRefused() {
        WeightedSum one = new WeightedSum(List.of(new WeightedSum.Part("a", samples -> Scores.of(1), 1)));
        assertThatThrownBy(() -> new JoinedReward(one, new Joining.BaseAndBonus("b", 0.5)))
                .hasMessage("base (b) must be one of a.");
        assertThatThrownBy(() -> new JoinedReward(one, new Joining.BaseAndBonus("a", 0.5)))
                .hasMessageContaining("must stand beside a reward with a weight above 0");
        assertThatThrownBy(() -> new Joining.BaseAndBonus("a", 1.5))
                .hasMessage("share (1.5) must be at least 0 and at most 1.");
    }

    @Test
    void partsKeepTheirScoresAsTheyWere() {
        Reward first = samples -> Scores.of(10, 20);
        Reward second = samples -> new Scores(new double[] {0.5, Double.NaN}, Map.of(1, "it is blank"));
        WeightedSum sum = new WeightedSum(List.of(
                new WeightedSum.Part("a", first, 2, new Shaping.Range(0, 40)), new WeightedSum.Part("b", second, 1)));
        Scores summed = sum.score(List.of(SAMPLE, SAMPLE));
        assertThat(summed.values()).containsExactly(1, Double.NaN);
        assertThat(summed.parts()).containsOnlyKeys("a", "a.raw", "b");
        assertThat(summed.parts().get("a")).containsExactly(0.25, 0.5);
        assertThat(summed.parts().get("a.raw")).containsExactly(10, 20);
        try (JoinedReward least = new JoinedReward(sum, new Joining.Ensemble(By.LEAST, 0))) {
            Scores joined = least.score(List.of(SAMPLE, SAMPLE));
            assertThat(joined.values()).containsExactly(0.5, Double.NaN);
            assertThat(joined.reasons()).containsOnly(Map.entry(1, "b: it is blank"));
        }
    }
}
