package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.grpo.GroupAdvantage.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GroupAdvantageTest {
    private static final Offset<Double> FLOAT32 = Offset.offset(1e-5);

    private static Groups groupsOf(int[] ids) {
        return Groups.byId(Arrays.stream(ids).boxed().toList());
    }

    @ParameterizedTest
    @EnumSource(Scope.class)
    void equalsTheReferenceTracker(Scope scope) {
        try (Golden golden = Golden.of("grpo-stats/golden.safetensors")) {
            Groups groups = groupsOf(golden.ints("adv.prompt_id"));
            GroupAdvantage advantage = new GroupAdvantage.ZScore(0, 1e-4, scope);
            String name = "adv.global_std_" + (scope == Scope.BATCH);
            assertThat(advantage.estimate(golden.doubles("adv.rewards"), groups))
                    .containsExactly(golden.doubles(name), FLOAT32);
            assertThat(advantage.estimate(golden.doubles("adv.rewards_second"), groups))
                    .containsExactly(golden.doubles(name + ".second"), FLOAT32);
            double[][] steps = advantage.estimate(golden.rows("adv.rewards_steps"), groups);
            double[][] expected = golden.rows(name + ".steps");
            for (int i = 0; i < expected.length; i++) {
                assertThat(steps[i]).as("sample %s", i).containsExactly(expected[i], FLOAT32);
            }
            double[] stats = golden.doubles(name + ".stats");
            assertThat((double) groups.samples() / groups.count()).isEqualTo(stats[0], FLOAT32);
            assertThat((double) groups.count()).isEqualTo(stats[1]);
        }
    }

    @Test
    void oneGroupOfAllIsThePlainNormalisation() {
        try (Golden golden = Golden.of("grpo-stats/golden.safetensors")) {
            double[][] rewards = golden.rows("adv.rewards_steps");
            double[][] expected = golden.rows("adv.global_std_false.plain");
            double[] flat =
                    Arrays.stream(rewards).flatMapToDouble(Arrays::stream).toArray();
            double[] found = new GroupAdvantage.ZScore(0, 1e-4, Scope.GROUP).estimate(flat, Groups.whole(flat.length));
            assertThat(found)
                    .containsExactly(
                            Arrays.stream(expected)
                                    .flatMapToDouble(Arrays::stream)
                                    .toArray(),
                            FLOAT32);
        }
    }

    @Test
    void statisticsEqualTheReferences() {
        try (Golden golden = Golden.of("grpo-stats/golden.safetensors")) {
            Groups groups = groupsOf(golden.ints("adv.prompt_id"));
            GroupStatistics statistics = GroupStatistics.of(golden.doubles("adv.rewards"), groups);
            assertThat(statistics.zeroDeviationShare()).isEqualTo(golden.scalar("adv.zero_std_ratio"), FLOAT32);
            assertThat(statistics.meanGroupDeviation()).isEqualTo(golden.scalar("adv.mean_std"), FLOAT32);
            assertThat(statistics.meanGroupSize()).isEqualTo(golden.doubles("adv.global_std_false.stats")[0], FLOAT32);
        }
    }

    /** The numbers of algorithms.md, H.2, worked out by hand: squares 9, 4, 0 and 25 around the mean 4. */
    @Test
    void matchesTheWorkedExample() {
        double[] rewards = {1, 2, 4, 9};
        Groups one = Groups.whole(4);
        Offset<Double> digits = Offset.offset(5e-10);
        assertThat(new GroupAdvantage.ZScore(0, 1e-4, Scope.GROUP).estimate(rewards, one))
                .containsExactly(new double[] {-0.973296949, -0.648864633, 0, 1.622161581}, digits);
        assertThat(new GroupAdvantage.ZScore(1, 1e-8, Scope.GROUP).estimate(rewards, one))
                .containsExactly(new double[] {-0.842927228, -0.561951485, 0, 1.404878713}, digits);
    }

    @ParameterizedTest(name = "reward {0}")
    @ValueSource(doubles = {21.37, 0.1, -3e7, 0, 1e-9, 123456.789})
    void equalRewardsTeachExactlyNothing(double reward) {
        double[] rewards = new double[24];
        for (int i = 0; i < rewards.length; i++) {
            rewards[i] = i % 2 == 0 ? reward : (float) reward;
        }
        assertThat(GroupAdvantage.DANCE_GRPO.estimate(rewards, Groups.whole(24)))
                .containsOnly(0.0);
        // The batch deviation comes from other groups and is far from zero.
        double[] two = Arrays.copyOf(rewards, 26);
        two[24] = 1;
        two[25] = 5;
        int[] groupOf = new int[26];
        groupOf[24] = 1;
        groupOf[25] = 1;
        double[] found = GroupAdvantage.FLOW_GRPO.estimate(two, new Groups(groupOf, 2));
        assertThat(Arrays.copyOf(found, 24)).containsOnly(0.0);
        assertThat(found[25]).isPositive();
    }

    @Test
    void aRewardThatIsNotFiniteGetsNothingAndChangesNoOther() {
        double[] with = {1, Double.NaN, 2, Double.POSITIVE_INFINITY, 4, 9};
        double[] found = GroupAdvantage.DANCE_GRPO.estimate(with, Groups.whole(6));
        double[] without = GroupAdvantage.DANCE_GRPO.estimate(new double[] {1, 2, 4, 9}, Groups.whole(4));
        assertThat(found).containsExactly(without[0], 0, without[1], 0, without[2], without[3]);
    }

    @Test
    void fewerThanTwoFiniteRewardsTeachNothing() {
        Groups groups = Groups.byId(List.of("a", "b", "b", "c", "c"));
        double[] rewards = {7, 3, Double.NaN, Double.NaN, Double.NaN};
        for (GroupAdvantage rule : List.of(GroupAdvantage.FLOW_GRPO, GroupAdvantage.DANCE_GRPO)) {
            assertThat(rule.estimate(rewards, groups)).containsOnly(0.0);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42, -1})
    void isInvariantUnderScaleAndShiftAndOrder(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int count = random.nextInt(2, 40);
        int[] groupOf = random.ints(count, 0, 4).toArray();
        double[] rewards = random.doubles(count).toArray();
        Groups groups = new Groups(groupOf, 4);
        double scale = 1 + 9 * random.nextDouble();
        double shift = random.nextDouble() * 100;
        for (Scope scope : Scope.values()) {
            GroupAdvantage rule = new GroupAdvantage.ZScore(1, 0, scope);
            double[] plain = rule.estimate(rewards, groups);
            double[] moved = rule.estimate(
                    Arrays.stream(rewards).map(r -> scale * r + shift).toArray(), groups);
            assertThat(moved).as("seed %s, %s", seed, scope).containsExactly(plain, Offset.offset(1e-9));
            for (int[] members : groups.members()) {
                double sum = Arrays.stream(members).mapToDouble(i -> plain[i]).sum();
                assertThat(sum).as("seed %s, a group's advantages cancel", seed).isEqualTo(0, Offset.offset(1e-9));
            }
        }
    }

    @Test
    void refusesWhatItCannotMean() {
        assertThatThrownBy(() -> new GroupAdvantage.ZScore(2, 1e-4, Scope.GROUP))
                .hasMessage("ddof (2) must be 0 or 1.");
        assertThatThrownBy(() -> new GroupAdvantage.ZScore(0, Double.NaN, Scope.GROUP))
                .hasMessageContaining("epsilon (NaN)");
        assertThatThrownBy(() -> GroupAdvantage.FLOW_GRPO.estimate(new double[3], Groups.whole(2)))
                .hasMessageContaining("3 values");
    }

    @ParameterizedTest
    @ValueSource(strings = {"group", "all"})
    void equalsDanceGrposStatements(String scope) {
        try (Golden golden = Golden.of("extras/golden.safetensors")) {
            double[] rewards = golden.doubles("dance_adv.rewards");
            Groups groups = "all".equals(scope) ? Groups.whole(rewards.length) : Groups.consecutive(3, 4);
            assertThat(GroupAdvantage.DANCE_GRPO.estimate(rewards, groups))
                    .containsExactly(golden.doubles("dance_adv." + scope), FLOAT32);
        }
    }

    /** algorithms.md, H.6: κ = 0.5, without epsilon, one score for all steps. */
    @Test
    void theAbsoluteValueOfTheWorkedExample() {
        GroupAdvantage.ZScore plain = new GroupAdvantage.ZScore(0, 0, Scope.GROUP);
        double[] scores = {0.5, 0.6, 0.7, 0.8};
        assertThat(new GroupAdvantage.AbsoluteValue(plain, 0.5, 5, 0).estimate(scores, Groups.whole(4)))
                .containsExactly(
                        new double[] {-1.091640786, -0.147213595, 0.797213595, 1.741640786}, Offset.offset(5e-10));
        assertThat(new GroupAdvantage.AbsoluteValue(plain, 0, 5, 0).estimate(scores, Groups.whole(4)))
                .containsExactly(plain.estimate(scores, Groups.whole(4)));
    }

    @Test
    void theAbsoluteValueOutlivesTheGroupsDifferences() {
        GroupAdvantage rule = new GroupAdvantage.AbsoluteValue(GroupAdvantage.FLOW_GRPO, 0.1, 5, 0.25);
        assertThat(rule.estimate(new double[] {0.75, 0.75, 0.75}, Groups.whole(3)))
                .containsOnly(0.1 * 0.5);
        assertThat(rule.estimate(new double[] {0.25, Double.NaN, 0.25}, Groups.whole(3)))
                .containsOnly(0.0);
    }

    @Test
    void theAbsoluteValueWeighsStepsByTheirShareAndEndsAfterTheFirst() {
        GroupAdvantage.ZScore plain = new GroupAdvantage.ZScore(0, 0, Scope.GROUP);
        double[][] scores = {{1, 3}, {2, 2}};
        double[][] found = new GroupAdvantage.AbsoluteValue(plain, 0.5, 1, 0).estimate(scores, Groups.whole(2));
        // ω is (0.5, 1.5) for the first sample and 1 for the second; z is ∓1 at step 0 and ±1 at step 1.
        assertThat(found[0]).containsExactly(new double[] {0.5 * (-1 + 0.5), 1.5}, Offset.offset(1e-12));
        assertThat(found[1]).containsExactly(new double[] {1 + 1, -1}, Offset.offset(1e-12));
        double[][] extreme = {{1e-9, 1000}, {1, 1}};
        assertThat(new GroupAdvantage.AbsoluteValue(plain, 0, 1, 0).estimate(extreme, Groups.whole(2))[0][1])
                .isEqualTo(2.0, Offset.offset(1e-6));
    }

    /** algorithms.md, H.2: a total order of four has the shares 0, 1/3, 2/3 and 1. */
    @Test
    void winRatesCountOnlyWhoIsBetter() {
        GroupAdvantage.ZScore then = new GroupAdvantage.ZScore(0, 0, Scope.GROUP);
        GroupAdvantage rule = new GroupAdvantage.WinRate(0, then);
        double[] expected = then.estimate(new double[] {1 / 3.0, 0, 1, 2 / 3.0}, Groups.whole(4));
        assertThat(rule.estimate(new double[] {0.71, 0.7, 90, 0.72}, Groups.whole(4)))
                .containsExactly(expected, Offset.offset(1e-12));
        assertThat(rule.estimate(new double[] {5, 5, 5}, Groups.whole(3))).containsOnly(0.0);
        double[] ties =
                new GroupAdvantage.WinRate(0.015, then).estimate(new double[] {0.70, 0.71, 0.72}, Groups.whole(3));
        assertThat(ties)
                .containsExactly(then.estimate(new double[] {0.25, 0.5, 0.75}, Groups.whole(3)), Offset.offset(1e-12));
        assertThat(rule.estimate(new double[] {1, Double.NaN, 2}, Groups.whole(3)))
                .containsExactly(new double[] {-1, 0, 1}, Offset.offset(1e-12));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42, -1})
    void winRatesChangeWithNoMonotoneChangeOfTheRewardsAndTurnWithTheirSign(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int count = random.nextInt(4, 30);
        Groups groups = new Groups(random.ints(count, 0, 3).toArray(), 3);
        double[] rewards = random.doubles(count, -2, 2).toArray();
        GroupAdvantage rule = new GroupAdvantage.WinRate(0, GroupAdvantage.DANCE_GRPO);
        double[] plain = rule.estimate(rewards, groups);
        double[] squashed = rule.estimate(Arrays.stream(rewards).map(Math::exp).toArray(), groups);
        double[] turned = rule.estimate(Arrays.stream(rewards).map(r -> -r).toArray(), groups);
        assertThat(squashed).as("seed %s", seed).containsExactly(plain);
        assertThat(Arrays.stream(turned).map(a -> -a).toArray()).containsExactly(plain, Offset.offset(1e-9));
    }

    @Test
    void scaledKeepsTheZero() {
        double[][] scores = {{-1, 3}, {Double.NaN, 1}};
        double[][] found = new GroupAdvantage.Scaled(0).estimate(scores, Groups.whole(2));
        double deviation = Math.sqrt((4 + 4 + 0) / 3.0);
        assertThat(found[0]).containsExactly(new double[] {-1 / deviation, 3 / deviation}, Offset.offset(1e-12));
        assertThat(found[1]).containsExactly(new double[] {0, 1 / deviation}, Offset.offset(1e-12));
        assertThat(new GroupAdvantage.Scaled(1e-4).estimate(new double[] {2, 2}, Groups.whole(2)))
                .containsOnly(0.0);
    }
}
