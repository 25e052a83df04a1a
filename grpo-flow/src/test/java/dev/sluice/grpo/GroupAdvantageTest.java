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
            GroupAdvantage advantage = new GroupAdvantage(0, 1e-4, scope);
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
            double[] found = new GroupAdvantage(0, 1e-4, Scope.GROUP).estimate(flat, Groups.whole(flat.length));
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
        assertThat(new GroupAdvantage(0, 1e-4, Scope.GROUP).estimate(rewards, one))
                .containsExactly(new double[] {-0.973296949, -0.648864633, 0, 1.622161581}, digits);
        assertThat(new GroupAdvantage(1, 1e-8, Scope.GROUP).estimate(rewards, one))
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
            GroupAdvantage rule = new GroupAdvantage(1, 0, scope);
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
        assertThatThrownBy(() -> new GroupAdvantage(2, 1e-4, Scope.GROUP)).hasMessage("ddof (2) must be 0 or 1.");
        assertThatThrownBy(() -> new GroupAdvantage(0, Double.NaN, Scope.GROUP)).hasMessageContaining("epsilon (NaN)");
        assertThatThrownBy(() -> GroupAdvantage.FLOW_GRPO.estimate(new double[3], Groups.whole(2)))
                .hasMessageContaining("3 values");
    }
}
