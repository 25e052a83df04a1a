package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;
import org.junit.jupiter.api.Test;

/** Judges of two whose liking for a place is known. */
class PositionBiasTest {
    private static final Bootstrap FEW = new Bootstrap(200, 1);

    private static Sample grey(int value, String prompt) {
        return new Sample(TestMedia.grey(4, 4, (y, x) -> value), prompt, Map.of());
    }

    /** Two pairs of each of ten prompts, the lighter one first in every second pair. */
    private static List<PositionBias.Pair> pairs() {
        List<PositionBias.Pair> pairs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            int value = 10 * i;
            String prompt = "prompt " + i / 2;
            Sample one = grey(value + i % 2, prompt);
            Sample other = grey(value + 1 - i % 2, prompt);
            pairs.add(new PositionBias.Pair(prompt, () -> one, () -> other));
        }
        return pairs;
    }

    /** Returns a reward that compares the two samples of each prompt in a call. */
    private static Reward judge(ToDoubleBiFunction<Double, Double> firstWins) {
        return samples -> {
            double[] values = new double[samples.size()];
            for (int i = 0; i < samples.size(); i += 2) {
                assertThat(samples.get(i).prompt()).isEqualTo(samples.get(i + 1).prompt());
                assertThat(samples.stream().map(Sample::prompt).distinct()).hasSize(samples.size() / 2);
                values[i] = firstWins.applyAsDouble(
                        BiasTrait.MEAN_LUMA.of(samples.get(i)), BiasTrait.MEAN_LUMA.of(samples.get(i + 1)));
                values[i + 1] = 1 - values[i];
            }
            return Scores.of(values);
        };
    }

    @Test
    void aJudgeThatSeesIsConsistentAndCallsTwoOfAKindATie() {
        PositionBias test = PositionBias.of(judge((a, b) -> 0.5 + 0.5 * Math.signum(Math.rint(a - b))), pairs(), FEW);
        assertThat(test.pairs()).isEqualTo(20);
        assertThat(test.consistent()).isEqualTo(new Bootstrap.Figure(1, 1, 1));
        assertThat(test.first()).isEqualTo(new Bootstrap.Figure(0.5, 0.5, 0.5));
        assertThat(test.identical()).isEqualTo(new Bootstrap.Figure(0.5, 0.5, 0.5));
        assertThat(test.reasons()).isEmpty();
    }

    @Test
    void aJudgeOfPlacesIsFound() {
        PositionBias always = PositionBias.of(judge((a, b) -> 1), pairs(), FEW);
        assertThat(always.consistent().value()).isZero();
        assertThat(always.first().value()).isEqualTo(1);
        assertThat(always.identical().value()).isEqualTo(1);
        PositionBias some = PositionBias.of(judge((a, b) -> Math.rint(a - b) > 0 ? 0.9 : 0.3), pairs(), FEW);
        assertThat(some.consistent().value()).isEqualTo(1);
        assertThat(some.first().value()).isCloseTo(0.6, within(1e-12));
        assertThat(some.identical().value()).isCloseTo(0.3, within(1e-12));
        PositionBias half = PositionBias.of(judge((a, b) -> a < 95 ? 1 : a > b ? 1 : a < b ? 0 : 0.5), pairs(), FEW);
        assertThat(half.consistent().value()).isEqualTo(0.5);
        assertThat(half.consistent().low()).isLessThan(0.4);
        assertThat(half.consistent().high()).isGreaterThan(0.6);
    }

    @Test
    void aPairWithoutAVerdictHasAReasonAndTheOthersCount() {
        List<PositionBias.Pair> pairs = new ArrayList<>(pairs());
        pairs.set(3, new PositionBias.Pair("prompt 1", () -> grey(1, "prompt 1"), () -> {
            throw new IOException("it is gone");
        }));
        Reward judge = judge((a, b) -> Math.abs(a - 190) < 2 ? Double.NaN : 0.5);
        PositionBias test = PositionBias.of(judge, pairs, FEW);
        assertThat(test.pairs()).isEqualTo(18);
        assertThat(test.consistent().value()).as("ties").isEqualTo(1);
        assertThat(test.reasons()).containsOnlyKeys(3, 19).containsEntry(3, "it is gone");
        PositionBias none = PositionBias.of(judge, List.of(), FEW);
        assertThat(none.pairs()).isZero();
        assertThat(none.consistent().known()).isFalse();
        assertThatThrownBy(
                        () -> PositionBias.of(new double[1], new double[2], new double[1], List.of("a"), Map.of(), FEW))
                .hasMessageContaining("have 1, 2, 1 and 1 entries");
    }
}
