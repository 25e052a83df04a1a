package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Ema;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.WeightedSum;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.RolloutPlan;
import dev.sluice.sde.SampleNoise;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SampleSelectionTest {
    private static final SampleSelection ALL = new SampleSelection(true, Optional.empty());

    private static SampleSelection best(int count) {
        return new SampleSelection(true, Optional.of(count));
    }

    private static int[] kept(SampleSelection selection, double[] rewards, double[]... advantages) {
        boolean[] kept = selection.kept(new Advantages(advantages), rewards);
        return IntStream.range(0, kept.length).filter(i -> kept[i]).toArray();
    }

    private static double[][] column(double... values) {
        return Arrays.stream(values).mapToObj(value -> new double[] {value}).toArray(double[][]::new);
    }

    @Test
    void theExtremesOfAllSamplesAreKeptAndOfEqualOnesTheFirst() {
        double[] rewards = new double[8];
        double[][] advantages = column(0.5, -1, 2, -1, 0, 2, -1, 2);
        assertThat(kept(ALL, rewards, advantages)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        assertThat(kept(best(2), rewards, advantages)).containsExactly(1, 2);
        assertThat(kept(best(4), rewards, advantages)).containsExactly(1, 2, 3, 5);
        assertThat(kept(best(8), rewards, advantages)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        assertThat(kept(best(4), rewards, column(0, -0.0, 0, -0.0, 0, 0, 0, 0))).containsExactly(0, 1, 2, 3);
    }

    @Test
    void whatHasNoRewardIsNeverKept() {
        double[] rewards = {1, Double.NaN, 3, 4, Double.NaN, 6};
        double[][] advantages = column(-1, 0, 0.5, 0, 0, 1);
        assertThat(kept(best(2), rewards, advantages)).containsExactly(0, 5);
        assertThat(kept(best(6), rewards, advantages)).containsExactly(0, 2, 3, 5);
    }

    @Test
    void theMeanOverTheTrainedStepsIsWhatCounts() {
        double[][] advantages = {{3, -3, 0}, {1, 1, 1}, {-2, -2, 3.5}, {0, 0, -1.5}};
        assertThat(kept(best(2), new double[4], advantages)).containsExactly(1, 3);
    }

    /** Against the definition: nothing that is left out lies beyond what is kept. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42, -1})
    void whatIsLeftOutLiesBetween(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int size = random.nextInt(4, 40);
        int count = 2 * random.nextInt(1, size / 2 + 1);
        double[] values = random.ints(size, -3, 4).asDoubleStream().toArray();
        boolean[] kept = best(count).kept(new Advantages(column(values)), new double[size]);
        double[] sorted = Arrays.stream(values).sorted().toArray();
        double[] expected = IntStream.range(0, size)
                .filter(i -> i < count / 2 || i >= size - count / 2)
                .mapToDouble(i -> sorted[i])
                .toArray();
        assertThat(IntStream.range(0, size)
                        .filter(i -> kept[i])
                        .mapToDouble(i -> values[i])
                        .sorted()
                        .toArray())
                .as("seed %s", seed)
                .containsExactly(expected);
    }

    @Test
    void countsThatCannotBeMeantAreRefused() {
        assertThatThrownBy(() -> best(3))
                .hasMessageContaining("bestOf (3) must be even")
                .hasMessageContaining("bestOf: 2");
        assertThatThrownBy(() -> best(0)).hasMessageContaining("bestOf (0) must be even and at least 2");
        assertThatThrownBy(() -> best(10).check(GrpoOptions.Batch.of(2, 4, 4)))
                .hasMessageContaining("bestOf (10) must be at most prompts × groupSize (8)");
        best(8).check(GrpoOptions.Batch.of(2, 4, 4));
    }

    @Test
    void finishedSamplesThatAreLeftOutAreNotLookedAt() {
        double[] rewards = {1, 2, 3, 4, 5, 6, 7, 8};
        Advantages advantages = new Advantages(column(-2, 0.1, 0.2, 3, 0.1, 0.3, 0.2, 0.4));
        Judged judged = new Judged(
                0,
                List.of(),
                rewards,
                advantages,
                Groups.consecutive(2, 4),
                GrpoOptions.Signal.FLOW_GRPO.selecting(best(4)));
        assertThat(judged.outcomes().learnable()).isDeepEqualTo(new int[][] {{0, 1, 3}, {7}});
        assertThat(judged.rewards()).as("a critic learns from all").containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    }

    private static final double[] ADVANTAGES = {2, -0.1, -1.5, 0.3, 0.1, 0, 0.2, -0.2, 1.2, -0.8, 0.05, 0.15};
    private static final int[] EXTREMES = {0, 2, 8, 9};

    /** Returns chunks of samples by their numbers, whose noise is their own wherever they are. */
    private static List<Chunk> chunks(GaussianWorld world, SdeSampler sampler, int[][] samples) {
        List<Chunk> chunks = new ArrayList<>();
        int first = 0;
        for (int[] those : samples) {
            SampleNoise noise = new SampleNoise(
                    5, 0, Arrays.stream(those).mapToLong(i -> i).boxed().toList());
            NDArray initial = noise.initial(world.manager, new Shape(GaussianWorld.SIZE));
            Conditioning none = GaussianWorld.encode(world.manager, Collections.nCopies(those.length, ""));
            chunks.add(new Chunk(
                    first,
                    none,
                    sampler.rollout(world.policy.current(), initial, none, RolloutPlan.of(List.of(0, 2, 4), noise)),
                    true));
            first += those.length;
        }
        return chunks;
    }

    /** What one update learns of a course: the gradient, and the reported portions. */
    private record Learned(float[] gradient, List<MicroStep> steps) {}

    private static Learned learned(
            GaussianWorld world, SdeSampler sampler, int[][] samples, SampleSelection selection) {
        world.trainable.fold();
        List<Chunk> chunks = chunks(world, sampler, samples);
        double[] advantages = Arrays.stream(samples)
                .flatMapToInt(Arrays::stream)
                .mapToDouble(i -> ADVANTAGES[i])
                .toArray();
        double[][] rows = Arrays.stream(advantages)
                .mapToObj(a -> new double[] {a, 2 * a, a})
                .toArray(double[][]::new);
        Judged judged = new Judged(
                0,
                chunks,
                new double[advantages.length],
                new Advantages(rows),
                Groups.whole(advantages.length),
                GrpoOptions.Signal.FLOW_GRPO.selecting(selection));
        PolicyGradient objective = Objective.flowGrpo(0.03, 0.7, KlForm.EXACT);
        Course course = new StepTeacher(objective, world.policy, sampler).course(judged);
        // Away from the rollout's weights, so that ratios leave their range and the divergence has a slope.
        world.trainable.fold(Map.of("theta", world.manager.create(new float[] {0.16f, -0.13f})));
        try (AdamW optimiser = new AdamW(world.manager, world.trainable.parameters(), AdamW.Options.FLOW_GRPO);
                Ema ema = new Ema(world.manager, world.trainable.parameters(), Ema.Options.FLOW_GRPO)) {
            PolicyUpdate update =
                    new PolicyUpdate(world.manager, world.lanes, world.policy, optimiser, ema, Optional.empty());
            update.begin();
            int[] units = IntStream.range(0, course.units()).toArray();
            List<MicroStep> steps = update.accumulate(course.portions(units, NoiseSource.of(1)));
            return new Learned(
                    world.trainable.gradients().get("theta").toFloatArray().clone(), steps);
        }
    }

    /** Chunks of which three, one, none and one sample are left teach what the same samples teach one by one. */
    @Test
    void anUpdateIsTheMeanOverTheSamplesThatAreKept() {
        Torch.threads(1);
        try (GaussianWorld world = new GaussianWorld(0.5, 0.1f, -0.2f)) {
            SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), GaussianWorld.SCHEDULE);
            int[][] chunks = {{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {9, 10, 11}};
            assertThat(kept(best(4), new double[12], column(ADVANTAGES))).containsExactly(EXTREMES);
            Learned some = learned(world, sampler, chunks, best(4));
            assertThat(some.steps).as("three chunks, three steps").hasSize(9);
            assertThat(some.steps.stream().map(step -> step.terms().ratios().length))
                    .containsExactly(2, 2, 2, 1, 1, 1, 1, 1, 1);
            Learned alone = learned(world, sampler, new int[][] {{0}, {2}, {8}, {9}}, ALL);
            Learned all = learned(world, sampler, chunks, ALL);
            for (int i = 0; i < 2; i++) {
                assertThat(some.gradient[i]).isEqualTo(alone.gradient[i], Offset.offset(1e-5f));
                assertThat(Math.abs(some.gradient[i] - all.gradient[i])).isGreaterThan(1e-2f);
            }
            // Of the first chunk both are kept; its means are theirs alone.
            for (int k = 0; k < 3; k++) {
                MicroStep both = some.steps.get(k);
                MicroStep first = alone.steps.get(k);
                MicroStep second = alone.steps.get(k + 3);
                assertThat(both.loss()).isEqualTo((first.loss() + second.loss()) / 2, Offset.offset(1e-5));
                assertThat(both.penalty()).isEqualTo((first.penalty() + second.penalty()) / 2, Offset.offset(1e-5));
            }
        }
    }

    private static GrpoOptions options(
            GrpoOptions.Signal signal, PolicyGradient objective, GrpoOptions.Batch batch, double learningRate) {
        GrpoOptions base = GaussianWorld.options(learningRate, objective, 1);
        return new GrpoOptions(
                batch,
                base.rollout(),
                signal,
                objective,
                new GrpoOptions.Updates(
                        2,
                        1,
                        RateSchedule.CONSTANT,
                        3,
                        new AdamW.Options(learningRate, 0.9, 0.999, 1e-8, 0, 1),
                        Ema.Options.FLOW_GRPO),
                1);
    }

    @Test
    void theBestAndTheWorstSamplesAloneLeadToTheOptimum() {
        PolicyGradient objective = Objective.flowGrpo(0.05, 0, KlForm.EXACT);
        GrpoOptions few = options(
                GrpoOptions.Signal.FLOW_GRPO.selecting(best(16)), objective, GrpoOptions.Batch.of(4, 16, 4), 0.05);
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), few)) {
            int steps = 0;
            for (int i = 0; i < 45; i++) {
                IterationReport report = trainer.iterate();
                assertThat(report.ratioDeviationBeforeUpdate()).isZero();
                steps += report.updates().stream()
                        .mapToInt(UpdateReport::microSteps)
                        .sum();
            }
            assertThat(world.distribution(512)[0]).isEqualTo(0.8, Offset.offset(0.15));
            // 16 chunks of 4 with 5 steps each; 16 samples of 64 leave one chunk in three alone.
            assertThat(steps / 45.0).isBetween(40.0, 70.0);
        }
    }

    /** Two rewards that pull apart, so that praise and blame oppose each other; the range decides whether that is seen. */
    @Test
    void lossesBesideEachOtherAreTheSumOfAdvantagesUntilSomethingIsClipped() {
        Reward both = new WeightedSum(List.of(
                new WeightedSum.Part("high", GaussianWorld.nearness(0.9), 1),
                new WeightedSum.Part("low", GaussianWorld.nearness(-0.7), 0.8)));
        for (ClipRule clip : List.of(ClipRule.none(), ClipRule.symmetric(1e-3))) {
            List<double[]> thetas = new ArrayList<>();
            List<Double> losses = new ArrayList<>();
            for (Combination combination : List.of(Combination.ADVANTAGE_SUM, Combination.LOSS_SUM)) {
                GrpoOptions.Signal signal = new GrpoOptions.Signal(
                        new Credit.Broadcast(), GroupAdvantage.DANCE_GRPO, combination, 0, 100, true);
                PolicyGradient objective = new PolicyGradient(
                        new RatioRule.Plain(),
                        new PolicyLoss.PpoClip(clip),
                        List.of(),
                        StepWeight.ONE,
                        new StepSelection.All());
                GrpoOptions options = options(signal, objective, GrpoOptions.Batch.of(4, 16, 16), 0.03);
                try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                        GrpoTrainer trainer = world.trainer(both, options)) {
                    for (int i = 0; i < 4; i++) {
                        IterationReport report = trainer.iterate();
                        assertThat(report.ratioDeviationBeforeUpdate()).isZero();
                        losses.add(report.metrics().get("loss"));
                    }
                    thetas.add(world.theta());
                }
            }
            if (clip.equals(ClipRule.none())) {
                assertThat(thetas.get(1)).containsExactly(thetas.get(0));
                assertThat(losses.subList(4, 8)).isEqualTo(losses.subList(0, 4));
            } else {
                assertThat(thetas.get(1)).isNotEqualTo(thetas.get(0));
                assertThat(losses.get(4)).isGreaterThan(losses.get(0));
            }
        }
    }
}
