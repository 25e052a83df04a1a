package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Ema;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.WeightedSum;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.RolloutPlan;
import dev.sluice.sde.SampleNoise;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.SlidingWindow;
import dev.sluice.sde.Trajectory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
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
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager,
                        world.lanes,
                        world.policy,
                        GaussianWorld.task(GaussianWorld.nearness(0.8)),
                        GaussianWorld.options(0.05, PLAIN, seed))) {
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
                    GrpoTrainer trainer = new GrpoTrainer(
                            world.manager,
                            world.lanes,
                            world.policy,
                            GaussianWorld.task(GaussianWorld.nearness(0.8)),
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

    @ParameterizedTest(name = "kl {0}")
    @ValueSource(doubles = {0, 0.7})
    void theGradientIsTheLossesFiniteDifference(double klWeight) {
        Objective objective = Objective.flowGrpo(0.02, klWeight, KlForm.EXACT);
        try (GaussianWorld world = new GaussianWorld(0.5, 0.1f, -0.2f)) {
            SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), GaussianWorld.SCHEDULE);
            SampleNoise noise =
                    new SampleNoise(5, 0, LongStream.range(0, 12).boxed().toList());
            Conditioning none = GaussianWorld.encode(world.manager, Collections.nCopies(12, ""));
            double[] advantages = {1, -1, 2, -2, 0.5, -0.5, 0, 3, -3, 1, -1, 0.1};
            AdamW optimiser = new AdamW(world.manager, world.trainable.parameters(), AdamW.Options.FLOW_GRPO);
            Ema ema = new Ema(world.manager, world.trainable.parameters(), Ema.Options.FLOW_GRPO);
            PolicyUpdate update =
                    new PolicyUpdate(world.manager, world.lanes, world.policy, sampler, objective, optimiser, ema);
            NDArray initial = noise.initial(world.manager, new Shape(GaussianWorld.SIZE));
            try (Trajectory trajectory =
                    sampler.rollout(world.policy.current(), initial, none, RolloutPlan.of(List.of(0, 2, 4), noise))) {
                Chunk chunk = new Chunk(0, none, trajectory, true);
                // Away from the weights that sampled, some ratios are clipped.
                move(world, 0.16f, -0.13f);
                update.begin();
                double clipped = update.accumulate(replays(chunk, advantages, 1.0 / 3)).stream()
                        .mapToDouble(step -> step.terms().clipped())
                        .sum();
                assertThat(clipped).isBetween(0.3, 2.7);
                float[] gradient = world.trainable.gradients().get("theta").toFloatArray();
                for (int i = 0; i < 2; i++) {
                    float[] theta = {0.16f, -0.13f};
                    theta[i] += 2e-3f;
                    move(world, theta[0], theta[1]);
                    double up = loss(update, chunk, advantages);
                    theta[i] -= 4e-3f;
                    move(world, theta[0], theta[1]);
                    double down = loss(update, chunk, advantages);
                    double difference = (up - down) / 4e-3;
                    assertThat((double) gradient[i])
                            .as("theta[%s]", i)
                            .isEqualTo(difference, Offset.offset(0.01 * Math.abs(difference) + 2e-4));
                    assertThat(Math.abs(difference)).isGreaterThan(0.005);
                }
            }
            optimiser.close();
            ema.close();
        }
    }

    private static void move(GaussianWorld world, float offset, float slope) {
        NDArray theta = world.manager.create(new float[] {offset, slope});
        world.trainable.fold(Map.of("theta", theta));
    }

    private static double loss(PolicyUpdate update, Chunk chunk, double[] advantages) {
        update.begin();
        return update.accumulate(replays(chunk, advantages, 1)).stream()
                .mapToDouble(MicroStep::loss)
                .average()
                .orElseThrow();
    }

    private static List<Replay> replays(Chunk chunk, double[] advantages, double scale) {
        return chunk.trajectory().steps().stream()
                .map(step -> new Replay(chunk, step, advantages, scale))
                .toList();
    }

    @Test
    void theRatioIsExactlyOneBeforeTheFirstUpdateOfEveryIteration() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager,
                        world.lanes,
                        world.policy,
                        GaussianWorld.task(GaussianWorld.nearness(0.8)),
                        GaussianWorld.options(0.03, PLAIN, 7))) {
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
    void aModelThatIsNotTheSameInRolloutAndUpdateIsRefused() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0)) {
            AtomicInteger calls = new AtomicInteger();
            Policy drifting = new Policy(
                    over -> (latents, sigmas, conditioning) -> world.velocity(over)
                            .velocity(latents, sigmas, conditioning)
                            .add(1e-4f * calls.incrementAndGet()),
                    world.trainable);
            try (GrpoTrainer trainer = new GrpoTrainer(
                    world.manager,
                    world.lanes,
                    drifting,
                    GaussianWorld.task(GaussianWorld.nearness(0.8)),
                    GaussianWorld.options(0.03, PLAIN, 7))) {
                assertThatThrownBy(trainer::iterate)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("importance ratio before the first update");
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
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager,
                        world.lanes,
                        world.policy,
                        GaussianWorld.task(GaussianWorld.nearness(0.8)),
                        fast)) {
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
                    new GrpoOptions.Batch(4, 16, 32, true, false, false),
                    new GrpoOptions.Rollout(
                            new SdeOptions(new SdeRule.FlowGrpo(0.7)), GaussianWorld.SCHEDULE, schedule),
                    all.signal(),
                    all.objective(),
                    all.updates(),
                    3);
            try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                    GrpoTrainer trainer = new GrpoTrainer(
                            world.manager,
                            world.lanes,
                            world.policy,
                            GaussianWorld.task(GaussianWorld.nearness(0.8)),
                            options)) {
                for (List<Integer> window : windows) {
                    assertThat(trainer.iterate().trainedSteps()).isEqualTo(window);
                }
            }
        });
    }

    @Test
    void aSampleWithoutAFiniteRewardIsLeftOutAndCounted() {
        AtomicInteger count = new AtomicInteger();
        Reward sometimes = samples -> {
            double[] scores = GaussianWorld.nearness(0.8).score(samples).values();
            for (int i = 0; i < scores.length; i++) {
                scores[i] = count.getAndIncrement() % 8 == 3 ? Double.NaN : scores[i];
            }
            return new Scores(scores, Map.of());
        };
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager,
                        world.lanes,
                        world.policy,
                        GaussianWorld.task(sometimes),
                        GaussianWorld.options(0.03, PLAIN, 1))) {
            IterationReport report = trainer.iterate();
            assertThat(report.skipped().samples()).isEqualTo(8);
            assertThat(report.skipped().reason()).isEqualTo("the score is NaN");
            assertThat(report.rewards().mean()).isFinite();
            assertThat(report.zeroAdvantageShare()).isEqualTo(8 / 64.0);
            assertThat(report.updates()).allMatch(UpdateReport::applied);
            for (int i = 0; i < 40; i++) {
                trainer.iterate();
            }
            assertThat(world.distribution(512)[0]).isGreaterThan(0.5);
        }
    }

    @Test
    void aRewardThatIsAlwaysNanStopsTheRunAndNothingMoves() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0.25f, 0);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager,
                        world.lanes,
                        world.policy,
                        GaussianWorld.task(GaussianWorld.each(sample -> Double.NaN)),
                        GaussianWorld.options(0.03, PLAIN, 1))) {
            assertThat(trainer.iterate().updates()).isEmpty();
            trainer.iterate();
            assertThatThrownBy(trainer::iterate)
                    .isInstanceOf(TrainingStoppedException.class)
                    .hasMessage(
                            "Training stopped at iteration 2: 3 iterations or updates in a row could not be used (the score is NaN).");
            assertThat(world.theta()).containsExactly(0.25, 0);
        }
    }

    @Test
    void anIterationThatTeachesNothingIsNoFault() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager,
                        world.lanes,
                        world.policy,
                        GaussianWorld.task(GaussianWorld.each(sample -> 0.5)),
                        GaussianWorld.options(0.03, PLAIN, 1))) {
            for (int i = 0; i < 6; i++) {
                IterationReport report = trainer.iterate();
                assertThat(report.updates()).isEmpty();
                assertThat(report.rewards().zeroDeviationShare()).isEqualTo(1);
            }
            assertThat(world.theta()).containsExactly(0, 0);
        }
    }

    @Test
    void aModelThatBlowsUpIsNeverAppliedAndStopsTheRun() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0)) {
            AtomicInteger calls = new AtomicInteger();
            Policy broken = new Policy(
                    over -> (latents, sigmas, conditioning) -> {
                        NDArray v = world.velocity(over).velocity(latents, sigmas, conditioning);
                        // The rollout is sound, the replays are not.
                        return calls.incrementAndGet() > 12 ? v.mul(Float.NaN) : v;
                    },
                    world.trainable);
            try (GrpoTrainer trainer = new GrpoTrainer(
                    world.manager,
                    world.lanes,
                    broken,
                    GaussianWorld.task(GaussianWorld.nearness(0.8)),
                    GaussianWorld.options(0.03, PLAIN, 7))) {
                IterationReport report = trainer.iterate();
                assertThat(report.skipped().updates()).isEqualTo(2);
                assertThat(report.updates()).noneMatch(UpdateReport::applied);
                assertThatThrownBy(trainer::iterate)
                        .isInstanceOf(TrainingStoppedException.class)
                        .hasMessageContaining("latents are not finite");
                assertThat(world.theta()).containsExactly(0, 0);
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
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager,
                        world.lanes,
                        world.policy,
                        GaussianWorld.task(sum),
                        GaussianWorld.options(0.03, PLAIN, 1))) {
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
    void aRewardThatThrowsComesThroughAndTheTrainerGoesOn() {
        AtomicInteger calls = new AtomicInteger();
        Reward reward = samples -> {
            if (calls.incrementAndGet() == 2) {
                throw new IllegalStateException("scorer gone");
            }
            return GaussianWorld.nearness(0.8).score(samples);
        };
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager,
                        world.lanes,
                        world.policy,
                        GaussianWorld.task(reward),
                        GaussianWorld.options(0.03, PLAIN, 1))) {
            assertThatThrownBy(trainer::iterate).hasMessage("scorer gone");
            assertThat(trainer.iteration()).isZero();
            assertThat(trainer.iterate().updates()).allMatch(UpdateReport::applied);
        }
    }

    @Test
    void memoryStaysFlat() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager,
                        world.lanes,
                        world.policy,
                        GaussianWorld.task(GaussianWorld.nearness(0.8)),
                        GaussianWorld.options(1e-4, Objective.flowGrpo(0.05, 0.1, KlForm.EXACT), 1))) {
            List<NDManager> lasting = List.of(world.manager, trainer.manager());
            for (int i = 0; i < 20; i++) {
                trainer.iterate();
            }
            int[] arrays =
                    lasting.stream().mapToInt(m -> m.getManagedArrays().size()).toArray();
            touchTheHeap();
            long resident = ResidentMemory.bytes() - Runtime.getRuntime().totalMemory();
            for (int i = 0; i < 120; i++) {
                trainer.iterate();
            }
            assertThat(lasting.stream().mapToInt(m -> m.getManagedArrays().size()))
                    .containsExactly(Arrays.stream(arrays).boxed().toArray(Integer[]::new));
            long grown = ResidentMemory.bytes() - Runtime.getRuntime().totalMemory() - resident;
            assertThat(grown).as("growth of the memory outside the heap").isLessThan(16L << 20);
        }
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

    @Test
    void optionsThatCannotBeMeantAreRefused() {
        assertThatThrownBy(() -> GrpoOptions.Batch.of(4, 1, 2))
                .hasMessageContaining("groupSize (1) must be at least 2");
        assertThatThrownBy(() -> GrpoOptions.Batch.of(3, 5, 4))
                .hasMessageContaining("chunkSize (4) must divide prompts × groupSize (15)");
        assertThatThrownBy(() -> new GrpoOptions.Rollout(
                        new SdeOptions(new SdeRule.FlowGrpo(0)),
                        GaussianWorld.SCHEDULE,
                        new ExplorationSchedule.AllButLast()))
                .hasMessageContaining("adds no noise in step 0");
        assertThatThrownBy(() -> new GrpoOptions.Rollout(
                        new SdeOptions(new SdeRule.FlowGrpo(0.7)),
                        new TimeSchedule.Uniform(1),
                        new ExplorationSchedule.AllButLast()))
                .hasMessageContaining("steps (1) must be at least 2");
        assertThatThrownBy(() -> new AlignmentTask(
                        new ArrayList<>(),
                        GaussianWorld::encode,
                        new Shape(3),
                        GaussianWorld::decode,
                        GaussianWorld.nearness(0)))
                .hasMessageContaining("prompts (0)");
    }
}
