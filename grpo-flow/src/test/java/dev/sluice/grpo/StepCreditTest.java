package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.grpo.Credit.Probed;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepCreditTest {
    private static final Offset<Double> EXACT = Offset.offset(1e-12);
    private static final Offset<Double> FLOAT32 = Offset.offset(1e-6);
    private static final int[] FIVE = {0, 1, 2, 3, 4};

    /** One sample whose states have these rewards, the last being the outcome. */
    private static Probed one(double... states) {
        return new Probed(new double[] {states[states.length - 1]}, new double[][] {states});
    }

    private static Probed random(long seed, int samples, int states) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] rewards = new double[samples][];
        Arrays.setAll(rewards, i -> random.doubles(states).toArray());
        return new Probed(
                Arrays.stream(rewards).mapToDouble(row -> row[states - 1]).toArray(), rewards);
    }

    /** algorithms.md, H.3. */
    @Test
    void turningPointsOfTheWorkedExample() {
        double[][] scores = new TurningPoint(1, true).assign(one(0.2, 0.1, 0.5, 0.4, 0.6, 0.7), FIVE);
        assertThat(scores[0]).containsExactly(new double[] {-0.1, 0.6, -0.1, 0.3, 0.1}, EXACT);
    }

    @Test
    void turningPointsEqualTheReference() {
        try (Golden golden = Golden.of("grpo-stats/golden.safetensors")) {
            double[] outcome = golden.doubles("tp.final");
            double[][] completions = golden.rows("tp.rewards");
            double[][] states = new double[outcome.length][];
            Arrays.setAll(states, i -> {
                double[] row = Arrays.copyOf(completions[i], completions[i].length + 1);
                row[completions[i].length] = outcome[i];
                return row;
            });
            double[][] scores = new TurningPoint(1, false).assign(new Probed(outcome, states), FIVE);
            double[][] expected = golden.rows("tp.consistent.rewards");
            double[][] gains = new Credit.Gain().assign(new Probed(outcome, states), FIVE);
            for (int i = 0; i < expected.length; i++) {
                assertThat(scores[i]).as("sample %s", i).containsExactly(expected[i], FLOAT32);
                assertThat(gains[i]).as("sample %s", i).containsExactly(golden.rows("tp.d")[i], FLOAT32);
            }
        }
    }

    /**
     * The reference's balanced case marks the first step by another rule, which stands here. Which of one sample's points goes
     * is chance there, because they are equal to the sort, so their number is compared.
     */
    @Test
    void balancingEqualsTheReference() {
        try (Golden golden = Golden.of("grpo-stats/golden.safetensors")) {
            double[][] completions = golden.rows("tp.rewards");
            double[][] d = golden.rows("tp.d");
            double[][] s = golden.rows("tp.s");
            double[] outcome = golden.doubles("tp.final");
            boolean[][] marks = new boolean[d.length][5];
            for (int i = 0; i < d.length; i++) {
                marks[i][0] = s[i][0] > 0;
                for (int t = 1; t < 5; t++) {
                    double left = outcome[i] - completions[i][t + 1];
                    marks[i][t] = s[i][t - 1] < 0 && s[i][t] > 0 && Math.signum(d[i][t]) == Math.signum(left);
                }
            }
            TurningPoint.balance(marks, golden.doubles("tp.delta_global"));
            double[][] expected = golden.rows("tp.balanced.indicator");
            for (int i = 0; i < d.length; i++) {
                int kept = 0;
                for (boolean mark : marks[i]) {
                    kept += mark ? 1 : 0;
                }
                assertThat(kept).as("sample %s", i).isEqualTo((int)
                        Arrays.stream(expected[i]).sum());
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42, -1})
    void aTurningPointStrengthensItsGainAndNoOtherStepChanges(long seed) {
        Probed probed = random(seed, 40, 8);
        int[] steps = {0, 1, 2, 3, 4, 5};
        double[][] gains = new Credit.Gain().assign(probed, steps);
        double[][] free = new TurningPoint(1, false).assign(probed, steps);
        double[][] balanced = new TurningPoint(1, true).assign(probed, steps);
        int turned = 0;
        int[] kept = new int[2];
        for (int i = 0; i < 40; i++) {
            int rise = probed.outcome()[i] > probed.states()[i][0] ? 1 : 0;
            for (int t = 0; t < steps.length; t++) {
                if (free[i][t] != gains[i][t]) {
                    turned++;
                    assertThat(Math.signum(free[i][t])).as("seed %s", seed).isEqualTo(Math.signum(gains[i][t]));
                    assertThat(Math.abs(free[i][t])).isGreaterThan(Math.abs(gains[i][t]));
                }
                assertThat(balanced[i][t]).isIn(free[i][t], gains[i][t]);
                kept[rise] += balanced[i][t] != gains[i][t] ? 1 : 0;
            }
        }
        assertThat(turned).isPositive();
        assertThat(kept[0]).isEqualTo(kept[1]);
    }

    @Test
    void constantRewardsGiveNoCreditToAnyStep() {
        assertThat(TurningPoint.TP_GRPO.assign(one(0.3, 0.3, 0.3, 0.3), new int[] {0, 1, 2})[0])
                .containsOnly(0.0);
    }

    /** algorithms.md, H.4. */
    @Test
    void minFormOfTheWorkedExample() {
        double[] r = {0.9, -0.2, 0.4, 0.1};
        double[] states = {0, 0.9, 0.7, 1.1, 1.2};
        double[][] returns = new Credit.MinForm(new Credit.Gain(), 0.1).assign(one(states), new int[] {0, 1, 2, 3});
        assertThat(returns[0])
                .containsExactly(
                        new double[] {-0.184375162, -0.184389447, 0.005673579, 0.004731340}, Offset.offset(1e-9));
        double least = new Credit.MinForm(new Credit.Gain(), 1e-4).assign(one(states), new int[] {0, 1, 2, 3})[0][0];
        assertThat(least).isEqualTo(-0.2, EXACT);
        double mean = new Credit.MinForm(new Credit.Gain(), 1e9).assign(one(states), new int[] {0, 1, 2, 3})[0][0];
        assertThat(mean).isEqualTo(Arrays.stream(r).sum() / 4, Offset.offset(1e-8));
    }

    @Test
    void aMissingStepHasNoCreditAndWeighsNothing() {
        Credit minForm = new Credit.MinForm(new Credit.Value(), 0.1);
        double[] with = minForm.assign(one(9, 0.9, Double.NaN, 0.1), new int[] {0, 1, 2})[0];
        double[] without = minForm.assign(one(9, 0.9, 0.1), new int[] {0, 1})[0];
        assertThat(with).containsExactly(without[0], Double.NaN, without[1]);
        assertThat(TurningPoint.TP_GRPO.assign(one(0.1, Double.NaN, 0.2, 0.4), new int[] {0, 1})[0])
                .containsOnly(Double.NaN);
    }

    @Test
    void cumulativeIsTheDiscountedMeanOfWhatFollows() {
        Probed probed = one(5, 1, 2, 4);
        double[] q = new Credit.Cumulative(0.5).assign(probed, new int[] {0, 1, 2})[0];
        assertThat(q).containsExactly(new double[] {(1 + 1 + 1) / 1.75, (2 + 2) / 1.5, 4}, EXACT);
        assertThat(new Credit.Cumulative(0).assign(probed, new int[] {0, 2})[0]).containsExactly(1, 4);
        assertThat(new Credit.Value().assign(probed, new int[] {0, 2})[0]).containsExactly(1, 4);
        assertThat(new Credit.Cumulative(1).assign(one(9, 3, 3, 3), new int[] {0, 1})[0])
                .containsExactly(3, 3);
    }

    @Test
    void renormPraisesNoStepOfAFailureAndBlamesNoneOfASuccess() {
        Probed probed = new Probed(new double[] {0, 1}, new double[][] {{0.5, 0.9, 0.2, 0}, {0.5, 0.9, 0.2, 1}});
        double[][] scores = new Credit.ReNorm(new Credit.Value()).assign(probed, new int[] {0, 1});
        assertThat(scores[0]).containsExactly(new double[] {-0.1, -0.8}, EXACT);
        assertThat(scores[1]).containsExactly(new double[] {0.9, 0.2}, EXACT);
        double[][] advantages = new GroupAdvantage.Scaled(0).estimate(scores, Groups.whole(2));
        assertThat(Arrays.stream(advantages[0])).allMatch(a -> a < 0);
        assertThat(Arrays.stream(advantages[1])).allMatch(a -> a > 0);
    }

    @Test
    void stepsAreToldApartByTheirNumbersOnTheGrid() {
        Probed probed = random(3, 4, 9);
        int[] all = IntStream.range(0, 8).toArray();
        for (Credit credit : new Credit[] {new Credit.Gain(), new Credit.Value(), new Credit.Cumulative(0.9)}) {
            double[][] whole = credit.assign(probed, all);
            double[][] some = credit.assign(probed, new int[] {2, 5});
            for (int i = 0; i < 4; i++) {
                assertThat(some[i]).containsExactly(whole[i][2], whole[i][5]);
            }
        }
    }

    @Test
    void creditForStepsNeedsTheRewardsOfStates() {
        assertThat(new Credit.Broadcast().needsStates()).isFalse();
        assertThat(new Credit.ReNorm(new Credit.Broadcast()).needsStates()).isFalse();
        for (Credit credit : new Credit[] {
            new Credit.Gain(),
            TurningPoint.TP_GRPO,
            new Credit.MinForm(new Credit.Gain(), 0.1),
            new Credit.Cumulative(1)
        }) {
            assertThat(credit.needsStates()).isTrue();
            assertThatThrownBy(() -> credit.assign(Probed.outcome(1, 2), FIVE))
                    .hasMessageContaining("states has 0 rows for 2 samples");
        }
        assertThatThrownBy(() -> new Credit.MinForm(new Credit.Gain(), 0)).hasMessageContaining("temperature (0.0)");
        assertThatThrownBy(() -> new TurningPoint(Double.NaN, true)).hasMessageContaining("bonus (NaN)");
        assertThatThrownBy(() -> new Credit.Cumulative(1.1)).hasMessageContaining("discount (1.1)");
    }
}
