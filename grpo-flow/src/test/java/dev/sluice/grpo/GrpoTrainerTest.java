package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.ProcessMemory;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.WeightedSum;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SlidingWindow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrpoTrainerTest {
    private static final Objective PLAIN = Objective.flowGrpo(0.05, 0, KlForm.EXACT);

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void theMeanMovesToTheRewardsOptimum(long seed) {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer =
                        world.trainer(GaussianWorld.nearness(0.8), GaussianWorld.options(0.05, PLAIN, seed))) {
            double before = world.distribution(512)[0];
            double first = trainer.iterate().rewards().mean();
            double last = 0;
            for (int i = 0; i < 45; i++) {
                last = trainer.iterate().rewards().mean();
            }
            double[] after = world.distribution(512);
            assertThat(before).isEqualTo(0, Offset.offset(0.05));
            assertThat(after[0]).as("seed %s, mean", seed).isEqualTo(0.8, Offset.offset(0.1));
            assertThat(after[1])
                    .as("seed %s: the deviation shrinks, since spread costs reward", seed)
                    .isLessThan(0.35);
            assertThat(last).isGreaterThan(first + 0.5);
        }
    }

    @Test
    void theDivergenceHoldsThePolicyNearTheReference() {
        double[] ends = new double[3];
        double[] weights = {0, 0.3, 30};
        for (int i = 0; i < 3; i++) {
            try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                    GrpoTrainer trainer = world.trainer(
                            GaussianWorld.nearness(0.8),
                            GaussianWorld.options(0.03, Objective.flowGrpo(0.05, weights[i], KlForm.EXACT), 1))) {
                for (int k = 0; k < 30; k++) {
                    trainer.iterate();
                }
                ends[i] = world.distribution(512)[0];
            }
        }
        assertThat(ends[0]).isGreaterThan(ends[1] + 0.05);
        assertThat(ends[1]).isGreaterThan(ends[2] + 0.05);
        assertThat(ends[2]).isEqualTo(0, Offset.offset(0.1));
    }

    @Test
    void theRatioIsExactlyOneBeforeTheFirstUpdateOfEveryIteration() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer =
                        world.trainer(GaussianWorld.nearness(0.8), GaussianWorld.options(0.03, PLAIN, 7))) {
            for (int i = 0; i < 5; i++) {
                IterationReport report = trainer.iterate();
                assertThat(report.ratioDeviationBeforeUpdate()).isZero();
                assertThat(report.updates().get(0).leastRatio()).isEqualTo(1);
                assertThat(report.updates().get(0).meanRatio()).isEqualTo(1);
                assertThat(report.updates().get(1).maxRatioDeviation()).isPositive();
                assertThat(report.metrics())
                        .containsKeys("reward.mean", "reward.task.even", "loss", "seconds.rollout", "kl")
                        .containsEntry("ratio.max_deviation_before_update", 0.0)
                        .doesNotContainValue(Double.NaN);
            }
        }
    }

    @Test
    void aWindowOfStepsIsTrainedAndTheOthersFollowTheOde() {
        GrpoOptions all = GaussianWorld.options(0.03, PLAIN, 3);
        GrpoOptions fast = new GrpoOptions(
                all.batch(),
                new GrpoOptions.Rollout(
                        new SdeOptions(new SdeRule.Cps(0.7)),
                        GaussianWorld.SCHEDULE,
                        new ExplorationSchedule.RandomWindow(2, 0, 4)),
                all.signal(),
                all.objective(),
                all.updates(),
                3);
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), fast)) {
            Set<List<Integer>> windows = new HashSet<>();
            for (int i = 0; i < 40; i++) {
                IterationReport report = trainer.iterate();
                assertThat(report.trainedSteps()).hasSize(2);
                assertThat(report.updates().get(0).microSteps()).isEqualTo(2);
                windows.add(report.trainedSteps());
            }
            assertThat(windows).containsExactlyInAnyOrder(List.of(0, 1), List.of(1, 2), List.of(2, 3));
            assertThat(world.distribution(512)[0]).isGreaterThan(0.3);
        }
    }

    @Test
    void aSlidingWindowAndSingularStepsGoOnFromIterationToIteration() {
        GrpoOptions all = GaussianWorld.options(0.03, PLAIN, 3);
        Map<ExplorationSchedule, List<List<Integer>>> expected = Map.of(
                new SlidingWindow(2, 0, 4, 1, SlidingWindow.Dwell.constant(2)),
                List.of(
                        List.of(0, 1),
                        List.of(0, 1),
                        List.of(1, 2),
                        List.of(1, 2),
                        List.of(2, 3),
                        List.of(2, 3),
                        List.of(3)),
                new ExplorationSchedule.Singular(List.of(0, 3)),
                List.of(List.of(0), List.of(3), List.of(0)));
        expected.forEach((schedule, windows) -> {
            GrpoOptions options = new GrpoOptions(
                    new GrpoOptions.Batch(4, 16, 32, true, false, List.of()),
                    new GrpoOptions.Rollout(
                            new SdeOptions(new SdeRule.FlowGrpo(0.7)), GaussianWorld.SCHEDULE, schedule),
                    all.signal(),
                    all.objective(),
                    all.updates(),
                    3);
            try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                    GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), options)) {
                for (List<Integer> window : windows) {
                    assertThat(trainer.iterate().trainedSteps()).isEqualTo(window);
                }
            }
        });
    }

    @Test
    void tasksThatTakeTurnsHaveTheirSharesOfEveryIteration() {
        GrpoOptions all = GaussianWorld.options(0.03, PLAIN, 1);
        GrpoOptions turns = new GrpoOptions(
                new GrpoOptions.Batch(4, 16, 32, false, false, List.of("odd", "even", "odd", "odd")),
                all.rollout(),
                all.signal(),
                all.objective(),
                all.updates(),
                1);
        // Of the five prompts two are odd, so the whole list in order would give 0.4.
        Reward odd = GaussianWorld.each(
                sample -> sample.prompt().endsWith("1") || sample.prompt().endsWith("3") ? 1 : 0);
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(odd, turns)) {
            for (int i = 0; i < 5; i++) {
                assertThat(trainer.iterate().rewards().mean()).isEqualTo(0.75);
            }
        }
    }

    @Test
    void theMeansOfTasksAndOfTheRewardsPartsAreReported() {
        Reward odd = GaussianWorld.each(
                sample -> sample.prompt().endsWith("1") || sample.prompt().endsWith("3") ? 1 : 0);
        Reward sum = new WeightedSum(List.of(
                new WeightedSum.Part("near", GaussianWorld.nearness(0), 0.5), new WeightedSum.Part("odd", odd, 2)));
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(sum, GaussianWorld.options(0.03, PLAIN, 1))) {
            IterationReport report = trainer.iterate();
            double near = report.rewardByPart().get("near");
            double share = report.rewardByPart().get("odd");
            assertThat(share).isBetween(0.2, 0.6);
            assertThat(report.rewards().mean()).isEqualTo(0.5 * near + 2 * share, Offset.offset(1e-9));
            assertThat(report.rewardByTask().get("odd") - report.rewardByTask().get("even"))
                    .isEqualTo(2, Offset.offset(0.2));
            assertThat(report.metrics()).containsEntry("reward.part.odd", share);
        }
    }

    @Test
    void memoryStaysFlat() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(
                        GaussianWorld.nearness(0.8),
                        GaussianWorld.options(1e-4, Objective.flowGrpo(0.05, 0.1, KlForm.EXACT), 1))) {
            List<NDManager> lasting = List.of(world.manager, trainer.manager());
            for (int i = 0; i < 20; i++) {
                trainer.iterate();
            }
            int[] arrays =
                    lasting.stream().mapToInt(m -> m.getManagedArrays().size()).toArray();
            touchTheHeap();
            long resident = ProcessMemory.residentBytes() - Runtime.getRuntime().totalMemory();
            for (int i = 0; i < 120; i++) {
                trainer.iterate();
            }
            assertThat(lasting.stream().mapToInt(m -> m.getManagedArrays().size()))
                    .containsExactly(Arrays.stream(arrays).boxed().toArray(Integer[]::new));
            long grown = ProcessMemory.residentBytes() - Runtime.getRuntime().totalMemory() - resident;
            assertThat(grown).as("growth of the memory outside the heap").isLessThan(16L << 20);
        }
    }

    /** Decoded pictures are far larger than latents; those of a whole iteration would not fit. */
    @Test
    void whatADecoderMakesIsGoneBeforeTheUpdate() {
        List<NDArray> made = new CopyOnWriteArrayList<>();
        AlignmentTask plain = GaussianWorld.task(GaussianWorld.nearness(0.8));
        AlignmentTask task = new AlignmentTask(
                plain.prompts(),
                plain.encoder(),
                plain.latentShape(),
                latents -> {
                    made.add(latents.mul(2));
                    return GaussianWorld.decode(latents);
                },
                plain.reward());
        AtomicInteger updates = new AtomicInteger();
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager, world.lanes, world.policy, task, GaussianWorld.options(0.03, PLAIN, 1))) {
            trainer.iterate((iteration, phase, done, total) -> {
                if (!phase.equals(Phases.ROLLOUT)) {
                    updates.incrementAndGet();
                    assertThat(made).hasSize(2).allMatch(NDArray::isReleased);
                }
            });
        }
        assertThat(updates).hasPositiveValue();
    }

    /** Pages of the heap become resident when first used; done at once, what grows later is native. */
    private static void touchTheHeap() {
        long kept = 0;
        for (long done = 0; done < 3 * Runtime.getRuntime().totalMemory(); done += 1 << 16) {
            byte[] page = new byte[1 << 16];
            page[page.length / 2] = 1;
            kept += page.length;
        }
        assertThat(kept).isPositive();
    }

    private static GrpoOptions withRollout(
            SdeRule rule, TimeSchedule schedule, ExplorationSchedule exploration, boolean sharedNoise) {
        GrpoOptions base = GaussianWorld.options(0.03, PLAIN, 1);
        return new GrpoOptions(
                new GrpoOptions.Batch(4, 16, 32, sharedNoise, false, List.of()),
                new GrpoOptions.Rollout(new SdeOptions(rule), schedule, exploration),
                base.signal(),
                PLAIN,
                base.updates(),
                1);
    }

    @Test
    void optionsThatCannotBeMeantAreRefused() {
        assertThatThrownBy(() -> GrpoOptions.Batch.of(4, 1, 2))
                .hasMessageContaining("groupSize (1) must be at least 2");
        assertThatThrownBy(() -> GrpoOptions.Batch.of(3, 5, 4))
                .hasMessageContaining("chunkSize (4) must divide prompts × groupSize (15)");
        assertThatThrownBy(() -> withRollout(
                        new SdeRule.FlowGrpo(0), GaussianWorld.SCHEDULE, new ExplorationSchedule.AllButLast(), false))
                .hasMessageContaining("adds no noise in step 0");
        assertThatThrownBy(() -> withRollout(
                        new SdeRule.FlowGrpo(0.7),
                        new TimeSchedule.Uniform(1),
                        new ExplorationSchedule.AllButLast(),
                        false))
                .hasMessageContaining("steps (1) must be at least 2");
        assertThatThrownBy(() -> withRollout(
                        new SdeRule.FlowGrpo(0.7), GaussianWorld.SCHEDULE, new ExplorationSchedule.None(), false))
                .hasMessageContaining("a step of the ODE has no density");
        assertThatThrownBy(() -> withRollout(
                        new SdeRule.FlowGrpo(0.7), GaussianWorld.SCHEDULE, new ExplorationSchedule.None(), true))
                .hasMessageContaining("the samples of a prompt would all be the same");
        assertThatThrownBy(() -> new AlignmentTask(
                        new ArrayList<>(),
                        GaussianWorld::encode,
                        new Shape(3),
                        GaussianWorld::decode,
                        GaussianWorld.nearness(0)))
                .hasMessageContaining("prompts (0)");
    }
}
