package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.grpo.Combination.Part;
import dev.sluice.grpo.Credit.Probed;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.WeightedSum;
import dev.sluice.sde.KlForm;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CombinationTest {
    private static final GroupAdvantage.ZScore PLAIN = new GroupAdvantage.ZScore(0, 0, GroupAdvantage.Scope.GROUP);
    private static final Offset<Double> EXACT = Offset.offset(1e-12);

    private static double[] combined(Combination combination, Groups groups, Part... parts) {
        return column(new GrpoOptions.Signal(new Credit.Broadcast(), PLAIN, combination, 0, 100, true)
                .advantages(List.of(parts), new int[] {3}, groups));
    }

    private static double[] column(Advantages advantages) {
        return Arrays.stream(advantages.values()).mapToDouble(row -> row[0]).toArray();
    }

    private static Part part(double weight, double... rewards) {
        return new Part(weight, Probed.outcome(rewards));
    }

    private static double[] z(double... rewards) {
        return PLAIN.estimate(rewards, Groups.whole(rewards.length));
    }

    @Test
    void theFormulasLiterally() {
        double[] a = {1, 2, 4, 9};
        double[] b = {100, 50, 70, 10};
        Groups one = Groups.whole(4);
        Part[] parts = {part(0.5, a), part(-2, b)};
        double[] sums = new double[4];
        double[] rewards = new double[4];
        for (int i = 0; i < 4; i++) {
            sums[i] = 0.5 * z(a)[i] - 2 * z(b)[i];
            rewards[i] = 0.5 * a[i] - 2 * b[i];
        }
        assertThat(combined(Combination.REWARD_SUM, one, parts)).containsExactly(z(rewards), EXACT);
        assertThat(combined(Combination.ADVANTAGE_SUM, one, parts)).containsExactly(sums, EXACT);
        assertThat(combined(Combination.LOSS_SUM, one, parts)).containsExactly(sums, EXACT);
        assertThat(combined(Combination.GDPO, one, parts)).containsExactly(z(sums), EXACT);
        // More of a, less of b: the last surpasses all others.
        assertThat(combined(Combination.PARETO, one, parts)).containsExactly(new double[] {0, 0, 0, sums[3]}, EXACT);
    }

    @ParameterizedTest
    @EnumSource(
            value = Combination.class,
            names = {"REWARD_SUM", "ADVANTAGE_SUM", "LOSS_SUM", "GDPO"})
    void withOneRewardAndOneGroupAllAreTheSame(Combination combination) {
        double[] rewards = {3, 1, 4, 1, 5};
        assertThat(combined(combination, Groups.whole(5), part(1, rewards))).containsExactly(z(rewards), EXACT);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42, -1})
    void rewardsOfAnyScaleCountAlikeWhenNormalisedBefore(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] a = random.doubles(12).toArray();
        double[] b = random.doubles(12).toArray();
        double[] large = Arrays.stream(b).map(x -> 1000 * x - 7).toArray();
        Groups groups = Groups.consecutive(3, 4);
        for (Combination combination : List.of(Combination.ADVANTAGE_SUM, Combination.GDPO, Combination.PARETO)) {
            assertThat(combined(combination, groups, part(1, a), part(1, large)))
                    .as("seed %s, %s", seed, combination)
                    .containsExactly(combined(combination, groups, part(1, a), part(1, b)), Offset.offset(1e-9));
        }
        double[] twice = combined(Combination.GDPO, groups, part(1, a), part(1, b));
        double spread = Arrays.stream(twice).map(x -> x * x).sum() / 12;
        assertThat(spread).isEqualTo(1, Offset.offset(1e-9));
    }

    /** Of z-scores (−1, 1) and (1, −1)·2, weighed with 1 and 0.5, nothing is left; as losses they oppose each other. */
    @Test
    void lossesBesideEachOtherKnowWhatHasMadeUpForEachOther() {
        GrpoOptions.Signal signal =
                new GrpoOptions.Signal(new Credit.Broadcast(), PLAIN, Combination.LOSS_SUM, 0, 0.75, true);
        Groups two = Groups.whole(2);
        Advantages even = signal.advantages(List.of(part(1, 1, 3), part(1, 9, 5)), new int[] {3}, two);
        assertThat(column(even)).containsExactly(0, 0);
        assertThat(even.opposed()).isDeepEqualTo(new double[][] {{0.75}, {0.75}});
        assertThat(even.zero(0)).as("it has losses, if not a slope at ratio 1").isFalse();
        Advantages some = signal.advantages(List.of(part(1, 1, 3), part(0.5, 9, 5)), new int[] {3}, two);
        assertThat(column(some)).as("each cut by itself").containsExactly(-0.375, 0.375);
        assertThat(some.opposed()).isDeepEqualTo(new double[][] {{0.375}, {0.375}});
        Advantages turned = signal.advantages(List.of(part(1, 1, 3), part(-0.5, 9, 5)), new int[] {3}, two);
        assertThat(column(turned)).containsExactly(-1.125, 1.125);
        assertThat(turned.opposed()).isDeepEqualTo(new double[][] {{0}, {0}});
        Advantages three =
                signal.advantages(List.of(part(1, 1, 3), part(0.5, 9, 5), part(2, 1, 2)), new int[] {3}, two);
        assertThat(column(three)).containsExactly(-1.875, 1.875);
        assertThat(three.opposed()).isDeepEqualTo(new double[][] {{0.375}, {0.375}});
    }

    /** Against the definition, by brute force over all pairs. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42, -1})
    void onlySamplesThatNoOtherOfTheirGroupSurpassesKeepTheirAdvantage(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] a = random.ints(20, 0, 6).asDoubleStream().toArray();
        double[] b = random.ints(20, 0, 6).asDoubleStream().toArray();
        int[] groupOf = random.ints(20, 0, 2).toArray();
        Groups groups = new Groups(groupOf, 2);
        double[] sums = combined(Combination.ADVANTAGE_SUM, groups, part(1, a), part(-1, b));
        double[] pareto = combined(Combination.PARETO, groups, part(1, a), part(-1, b));
        int kept = 0;
        for (int i = 0; i < 20; i++) {
            boolean surpassed = false;
            for (int j = 0; j < 20; j++) {
                surpassed |= groupOf[j] == groupOf[i] && a[j] >= a[i] && b[j] <= b[i] && (a[j] > a[i] || b[j] < b[i]);
            }
            assertThat(pareto[i]).as("seed %s, sample %s", seed, i).isEqualTo(surpassed ? 0 : sums[i]);
            kept += surpassed ? 0 : 1;
        }
        assertThat(kept).isBetween(2, 18);
    }

    @ParameterizedTest
    @EnumSource(Combination.class)
    void aSampleWithoutOutcomeAndAGroupWithoutDifferenceTeachNothing(Combination combination) {
        Groups groups = Groups.consecutive(2, 4);
        double[] found = combined(
                combination,
                groups,
                part(1, 1, 2, 3, Double.NaN, 5, 5, 5, 5),
                part(1, 8, 9, 8.5, Double.NaN, 1, 1, 1, 1));
        assertThat(Arrays.copyOfRange(found, 3, 8)).containsOnly(0.0);
        assertThat(Arrays.stream(found).map(Math::abs).sum()).isPositive();
    }

    @Test
    void theTrainerTakesThePartsOfAWeightedSum() {
        Reward near = GaussianWorld.nearness(0.8);
        Reward length = GaussianWorld.each(sample -> 100 * GaussianWorld.values(sample.media())[0]);
        WeightedSum sum =
                new WeightedSum(List.of(new WeightedSum.Part("near", near, 1), new WeightedSum.Part("far", length, 0)));
        GrpoOptions base = GaussianWorld.options(0.05, Objective.flowGrpo(0.05, 0, KlForm.EXACT), 1);
        for (Combination combination : Combination.values()) {
            GrpoOptions options = new GrpoOptions(
                    base.batch(),
                    base.rollout(),
                    new GrpoOptions.Signal(new Credit.Broadcast(), GroupAdvantage.FLOW_GRPO, combination, 0, 5, true),
                    base.objective(),
                    base.updates(),
                    1);
            try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                    GrpoTrainer trainer = world.trainer(sum, options)) {
                for (int i = 0; i < 30; i++) {
                    trainer.iterate();
                }
                assertThat(world.distribution(512)[0]).as("%s", combination).isBetween(0.5, 1.0);
            }
            if (combination != Combination.REWARD_SUM) {
                try (GaussianWorld world = new GaussianWorld(0.5, 0, 0)) {
                    assertThatThrownBy(() -> world.trainer(near, options))
                            .hasMessageContaining("combines the parts of a weighted sum");
                }
            }
        }
    }
}
