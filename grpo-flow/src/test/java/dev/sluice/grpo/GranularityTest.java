package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.rewards.Reward;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** G²RPO: one noise in a rollout, judged after completions of several step sizes. */
class GranularityTest {
    private static GrpoOptions options(List<Integer> granularities, ExplorationSchedule exploration, int updates) {
        GrpoOptions base = GaussianWorld.options(0.05, Objective.flowGrpo(0.05, 0, KlForm.EXACT), 1);
        return new GrpoOptions(
                new GrpoOptions.Batch(4, 16, 32, true, false, List.of()),
                new GrpoOptions.Rollout(new SdeOptions(new SdeRule.FlowGrpo(0.7)), GaussianWorld.SCHEDULE, exploration),
                new GrpoOptions.Signal(
                        new Credit.Broadcast(),
                        GroupAdvantage.DANCE_GRPO,
                        Combination.REWARD_SUM,
                        0,
                        5,
                        true,
                        Completion.WHOLE,
                        granularities),
                base.objective(),
                new GrpoOptions.Updates(
                        updates,
                        1,
                        RateSchedule.CONSTANT,
                        3,
                        base.updates().optimiser(),
                        base.updates().ema()),
                1);
    }

    private static double[] theta(GrpoOptions options, int iterations) {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), options)) {
            for (int i = 0; i < iterations; i++) {
                assertThat(trainer.iterate().ratioDeviationBeforeUpdate()).isZero();
            }
            return world.theta();
        }
    }

    @Test
    void aCoarseGridHasTheNextLevelThenEveryOtherAndTheEnd() {
        TimeSchedule grid = TimeSchedule.of(1, 0.9, 0.7, 0.6, 0.4, 0.1, 0);
        assertThat(Granularity.levels(grid, 2, 1).sigmas()).containsExactly(0.7, 0.6, 0.4, 0.1, 0);
        assertThat(Granularity.levels(grid, 1, 2).sigmas()).containsExactly(0.9, 0.7, 0.4, 0);
        assertThat(Granularity.levels(grid, 2, 2).sigmas()).containsExactly(0.7, 0.6, 0.1, 0);
        assertThat(Granularity.levels(grid, 1, 3).sigmas()).containsExactly(0.9, 0.7, 0.1, 0);
        assertThat(Granularity.levels(grid, 5, 2).sigmas()).containsExactly(0.1, 0);
    }

    @Test
    void withOneGranularityItIsFlowGrpoOnThatStep() {
        GrpoOptions granular = options(List.of(1), new ExplorationSchedule.Singular(List.of(2)), 1);
        GrpoOptions plain = options(List.of(1), new ExplorationSchedule.Listed(List.of(2)), 1);
        assertThat(theta(granular, 4)).isEqualTo(theta(plain, 4));
    }

    @Test
    void theMeanMovesToTheRewardsOptimum() {
        GrpoOptions options = options(List.of(1, 2), new ExplorationSchedule.Singular(List.of(0, 1, 2)), 1);
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), options)) {
            for (int i = 0; i < 60; i++) {
                trainer.iterate();
            }
            assertThat(world.distribution(512)[0]).isBetween(0.5, 1.1);
        }
    }

    /** Rewards are shown the sample, then what a coarser grid makes of the state after the noise. */
    @Test
    void everyGranularityIsScoredAndTheSamplesOfAGroupShareTheirAnchor() {
        List<float[]> shown = new ArrayList<>();
        Reward reward = GaussianWorld.each(sample -> {
            shown.add(GaussianWorld.values(sample.media()));
            return shown.size() % 7;
        });
        GrpoOptions options = options(List.of(1, 2, 5), new ExplorationSchedule.Singular(List.of(0)), 1);
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(reward, options)) {
            IterationReport report = trainer.iterate();
            assertThat(report.samples()).isEqualTo(64);
            assertThat(report.trainedSteps()).containsExactly(0);
        }
        assertThat(shown).hasSize(3 * 64);
        // Chunks of 32 samples: each is shown at the first granularity, then at the others. All maps are linear here.
        double first = shown.get(32)[0] / shown.get(0)[0];
        double second = shown.get(64)[0] / shown.get(0)[0];
        assertThat(first).isNotCloseTo(1, Offset.offset(1e-3)).isNotCloseTo(second, Offset.offset(1e-3));
        for (int i = 0; i < 32; i++) {
            assertThat((double) shown.get(32 + i)[1]).isEqualTo(first * shown.get(i)[1], Offset.offset(1e-5));
            assertThat((double) shown.get(64 + i)[1]).isEqualTo(second * shown.get(i)[1], Offset.offset(1e-5));
        }
    }

    @Test
    void advantagesOfTheGranularitiesAreAddedUpAndThenCut() {
        GrpoOptions.Signal signal = options(List.of(1, 2), new ExplorationSchedule.Singular(List.of(0)), 1)
                .signal();
        Groups groups = Groups.whole(4);
        double[] fine = {1, 2, 4, 9};
        double[] coarse = {5, 5, 5, 8};
        List<List<Combination.Part>> granular = IntStream.range(0, 2)
                .mapToObj(g -> List.of(new Combination.Part(1, Credit.Probed.outcome(g == 0 ? fine : coarse))))
                .toList();
        double[][] sum = signal.summed(granular, new int[] {0}, groups).values();
        double[] a = GroupAdvantage.DANCE_GRPO.estimate(fine, groups);
        double[] b = GroupAdvantage.DANCE_GRPO.estimate(coarse, groups);
        for (int i = 0; i < 4; i++) {
            assertThat(sum[i][0]).isEqualTo(a[i] + b[i], Offset.offset(1e-12));
        }
        assertThat(a[3]).isEqualTo(1.404878713, Offset.offset(1e-8));
        List<List<Combination.Part>> same = List.of(granular.get(0), granular.get(0), granular.get(0), granular.get(0));
        assertThat(signal.summed(same, new int[] {0}, groups).values()[3][0]).isEqualTo(5);
    }

    @Test
    void granularitiesNeedOneNoiseThatIsAllThatDiffers() {
        assertThatThrownBy(() -> options(List.of(1, 2), new ExplorationSchedule.AllButLast(), 1))
                .hasMessageContaining("one stochastic step");
        assertThatThrownBy(() -> options(List.of(2), new ExplorationSchedule.Singular(List.of(0)), 1))
                .hasMessageContaining("granularities ([2]) must begin with 1");
        assertThatThrownBy(() -> options(List.of(1, 3, 2), new ExplorationSchedule.Singular(List.of(0)), 1))
                .hasMessageContaining("must be whole numbers that rise");
        assertThatThrownBy(() -> new GrpoOptions.Signal(
                        new Credit.Gain(),
                        GroupAdvantage.FLOW_GRPO,
                        Combination.REWARD_SUM,
                        0,
                        5,
                        true,
                        Completion.WHOLE,
                        List.of(1, 2)))
                .hasMessageContaining("must be [1] with credit for single steps");
    }
}
