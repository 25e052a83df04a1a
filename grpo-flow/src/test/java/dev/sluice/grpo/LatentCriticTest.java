package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.grpo.CriticWeighted.Weighting;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.RolloutPlan;
import dev.sluice.sde.SampleNoise;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Trajectory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The critic of noisy latents, and what is learned with it. */
class LatentCriticTest {
    private static final CriticLearning LEARNING =
            new CriticLearning(16, 4, 0, new AdamW.Options(0.01, 0.9, 0.999, 1e-8, 0, 1));

    private static LatentCritic critic(NDManager manager, Shape latent, int pooled) {
        return new LatentCritic(
                manager, LEARNING, new CriticNetwork(latent, pooled, 16), new TimeSchedule.Uniform(4), 5);
    }

    private static Chunk chunk(NDManager manager, Shape latent, int pooled, int size) {
        NDManager own = manager.newSubManager();
        NDArray z = NoiseSource.of(3).gaussian(own, new Shape(size).addAll(latent));
        NDArray prompts = NoiseSource.of(4).gaussian(manager, new Shape(size, pooled));
        Conditioning conditioning = new Conditioning(manager.zeros(new Shape(size, 2, 1)), prompts);
        return new Chunk(0, conditioning, new Trajectory(new TimeSchedule.Uniform(4), List.of(), z, own), true);
    }

    /** Of what is in the latents, it learns as much as the noise has left, and at pure noise it knows nothing. */
    @Test
    void itLearnsTheExpectedOutcomeOfANoisySample() {
        Torch.threads(1);
        try (NDManager manager = Torch.newManager()) {
            int size = 256;
            Shape latent = new Shape(3);
            Chunk chunk = chunk(manager, latent, 2, size);
            float[] z = chunk.trajectory().latents().toFloatArray();
            double[] targets = new double[size];
            for (int i = 0; i < size; i++) {
                targets[i] = 0.8 * z[3 * i] - 0.4 * z[3 * i + 2];
            }
            targets[7] = Double.NaN;
            LatentCritic critic = critic(manager, latent, 2);
            Map<String, Double> first = critic.learn(List.of(chunk), targets, 0);
            assertThat(first.get("critic.explained")).as("V is 0 at first").isEqualTo(0, Offset.offset(0.05));
            for (int i = 1; i < 120; i++) {
                critic.learn(List.of(chunk), targets, i);
            }
            Map<String, Double> last = critic.learn(List.of(chunk), targets, 200);
            assertThat(last.get("critic.explained")).isBetween(0.3, 0.99);
            double[] clean = critic.values(chunk.trajectory().latents(), sigmas(size, 0.02), chunk.conditioning());
            double[] noisy = critic.values(chunk.trajectory().latents(), sigmas(size, 1), chunk.conditioning());
            double nearClean = 0;
            double nearNoisy = 0;
            for (int i = 0; i < size; i++) {
                nearClean += i == 7 ? 0 : Math.pow(clean[i] - targets[i], 2) / size;
                nearNoisy += noisy[i] * noisy[i] / size;
            }
            assertThat(nearClean).as("error at hardly any noise").isLessThan(0.15);
            assertThat(nearNoisy).as("variance of V at pure noise").isLessThan(0.3);
        }
    }

    private static double[] sigmas(int size, double sigma) {
        double[] sigmas = new double[size];
        Arrays.fill(sigmas, sigma);
        return sigmas;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void itsGradientIsTheFiniteDifference(boolean pictures) {
        Torch.threads(1);
        Shape latent = pictures ? new Shape(3, 8, 4) : new Shape(5);
        try (NDManager manager = Torch.newManager()) {
            Chunk chunk = chunk(manager, latent, 2, 6);
            LatentCritic critic = critic(manager, latent, 2);
            for (int i = 0; i < 30; i++) {
                critic.learn(List.of(chunk), new double[] {1, -1, 2, 0, -2, 0.5}, i);
            }
            NDArray x = chunk.trajectory().latents();
            float[] gradient = critic.gradient(x, 0.4, chunk.conditioning());
            float[] flat = x.toFloatArray();
            int elements = flat.length / 6;
            for (int at : new int[] {0, elements + 1, 3 * elements - 1, 5 * elements + 2}) {
                double[] around = new double[2];
                for (int side = 0; side < 2; side++) {
                    float[] moved = flat.clone();
                    moved[at] += side == 0 ? 1e-2f : -1e-2f;
                    around[side] = Arrays.stream(critic.values(
                                    manager.create(moved, x.getShape()), sigmas(6, 0.4), chunk.conditioning()))
                            .sum();
                }
                double difference = (around[0] - around[1]) / 2e-2;
                assertThat((double) gradient[at]).isEqualTo(difference, Offset.offset(2e-3));
            }
            assertThat(IntStream.range(0, gradient.length)
                            .mapToDouble(i -> Math.abs(gradient[i]))
                            .max()
                            .orElse(0))
                    .isGreaterThan(0.01);
        }
    }

    private static MatchingErrors errors(double[][] present, double[][] values) {
        double[][] sigmas = new double[present.length][present[0].length];
        return new MatchingErrors(
                sigmas, new double[][][] {present}, new double[1][][], new double[0][], present, values);
    }

    /** A critic that says the same of all, and no limit: reward-weighted flow matching of the advantages. */
    @Test
    void withAConstantCriticItIsRewardWeighted() {
        double[][] present = {{0.5, 1.5, 0.7, 0.2}};
        double[] worth = {0.3, -1, 2, 0.5};
        int[] all = {0, 1, 2, 3};
        Outcomes outcomes = new Outcomes(worth, worth, Groups.consecutive(1, 4), false, i -> new float[0]);
        RewardWeighted plain = new RewardWeighted(RewardWeighted.Weighting.EXPONENTIAL, 0.7);
        SampleLoss.Result expected = plain.of(
                errors(present, new double[0][]), plain.lots(outcomes, 4).get(0));
        SampleLoss.Result found = new CriticWeighted(Weighting.EXPONENTIAL, 0.7, 1e9)
                .of(errors(present, new double[][] {{0.4, 0.4, 0.4, 0.4}}), new Lot(all, all, all, worth));
        assertThat(found.terms().value()).isEqualTo(expected.terms().value(), Offset.offset(1e-12));
        assertThat(found.slopes()[0][0]).containsExactly(expected.slopes()[0][0], Offset.offset(1e-12));
    }

    @ParameterizedTest
    @EnumSource(Weighting.class)
    void whatWasExpectedIsFlowMatchingAndMoreThanTheLimitCountsAsTheLimit(Weighting weighting) {
        double[][] present = {{0.5, 1.5}, {0.7, 0.2}};
        double[] worth = {1.5, -2};
        int[] two = {0, 1};
        CriticWeighted loss = new CriticWeighted(weighting, 2, 1);
        SampleLoss.Result expected =
                loss.of(errors(present, new double[][] {worth, worth}), new Lot(two, two, two, worth));
        assertThat(expected.terms().value()).isEqualTo((0.5 + 1.5 + 0.7 + 0.2) / 4, Offset.offset(1e-12));
        SampleLoss.Result far =
                loss.of(errors(present, new double[][] {{-9, 9}, {-9, 9}}), new Lot(two, two, two, worth));
        double ratio = weighting == Weighting.EXPONENTIAL ? Math.exp(1) : 3;
        assertThat(far.slopes()[0][0][0] / far.slopes()[0][0][1]).isEqualTo(ratio, Offset.offset(1e-9));
        assertThat(Arrays.stream(far.slopes()[0])
                        .flatMapToDouble(Arrays::stream)
                        .sum())
                .isEqualTo(1, Offset.offset(1e-12));
    }

    private static GrpoOptions options(
            GrpoOptions.Rollout rollout, Objective objective, CriticLearning.Steps steps, Credit credit, int warmUp) {
        GrpoOptions base = GaussianWorld.options(0.05, Objective.flowGrpo(0.2, 0, KlForm.EXACT), 1);
        GrpoOptions.Signal signal = new GrpoOptions.Signal(
                credit,
                GroupAdvantage.DANCE_GRPO,
                Combination.REWARD_SUM,
                0,
                5,
                new SampleSelection(true, Optional.empty()),
                Completion.WHOLE,
                List.of(1),
                steps);
        return new GrpoOptions(
                base.batch(),
                rollout,
                signal,
                objective,
                base.updates(),
                steps.asked()
                                || objective instanceof Matching
                                || warmUp > 0
                                || rollout.gradient().isPresent()
                        ? Optional.of(new CriticLearning(16, 4, warmUp, LEARNING.optimiser()))
                        : Optional.empty(),
                1);
    }

    private static GrpoOptions.Rollout rollout(SdeRule rule, ExplorationSchedule steps, DriftGradient gradient) {
        return new GrpoOptions.Rollout(
                new SdeOptions(rule),
                GaussianWorld.SCHEDULE,
                steps,
                Optional.ofNullable(gradient),
                Optional.empty(),
                false);
    }

    private static Matching matching() {
        return new Matching(
                new CriticWeighted(Weighting.EXPONENTIAL, 0.3, 2),
                new NoiseLevels.Uniform(0.2),
                2,
                List.of(),
                Optional.empty(),
                false);
    }

    @Test
    void theActorWaitsForTheCriticAndThenMovesToTheRewardsOptimum() {
        GrpoOptions options = options(
                rollout(new SdeRule.Dance(0), new ExplorationSchedule.None(), null),
                matching(),
                CriticLearning.Steps.NONE,
                new Credit.Broadcast(),
                3);
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), options)) {
            for (int i = 0; i < 3; i++) {
                IterationReport report = trainer.iterate();
                assertThat(report.updates()).isEmpty();
                assertThat(report.metrics()).containsKey("critic.error");
                assertThat(world.theta()).containsExactly(0, 0);
            }
            IterationReport last = null;
            for (int i = 0; i < 60; i++) {
                last = trainer.iterate();
            }
            assertThat(world.distribution(512)[0]).isEqualTo(0.8, Offset.offset(0.2));
            assertThat(last.metrics()).doesNotContainValue(Double.NaN);
        }
    }

    @Test
    void gainsOfTheCriticsValueTeachSteps() {
        GrpoOptions options = options(
                rollout(new SdeRule.Dance(0.6), new ExplorationSchedule.AllButLast(), null),
                Objective.flowGrpo(0.2, 0, KlForm.EXACT),
                new CriticLearning.Steps(true, 0),
                new Credit.Gain(),
                5);
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), options)) {
            for (int i = 0; i < 70; i++) {
                trainer.iterate();
            }
            assertThat(world.distribution(512)[0]).isGreaterThan(0.3);
        }
    }

    /** Without a shift and without a weight it is DanceGRPO. */
    @Test
    void aCriticThatHardlySaysAnythingChangesNothing() {
        List<Double> rewards = new ArrayList<>();
        for (boolean with : new boolean[] {false, true}) {
            GrpoOptions options = options(
                    rollout(
                            new SdeRule.Dance(0.5),
                            new ExplorationSchedule.AllButLast(),
                            with ? new CriticGradient(1e-9, true, true, 2, 5) : null),
                    Objective.flowGrpo(0.2, 0, KlForm.EXACT),
                    new CriticLearning.Steps(false, with ? 1e-12 : 0),
                    new Credit.Broadcast(),
                    0);
            try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                    GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), options)) {
                for (int i = 0; i < 3; i++) {
                    rewards.add(trainer.iterate().rewards().mean());
                }
            }
        }
        for (int i = 0; i < 3; i++) {
            assertThat(rewards.get(i + 3)).isEqualTo(rewards.get(i), Offset.offset(1e-4));
        }
    }

    /** At the weights of the rollout the divergence from where a guide led is ½·mean (shift/s)², and none where it did not. */
    @Test
    void distillationMeasuresWhatTheGuideHasAdded() {
        PolicyGradient objective = new PolicyGradient(
                new RatioRule.Plain(),
                new PolicyLoss.PpoClip(ClipRule.symmetric(0.2)),
                List.of(new Anchor.Led(0.7)),
                StepWeight.ONE,
                new StepSelection.All());
        try (GaussianWorld world = new GaussianWorld(0.5, 0.1f, -0.2f)) {
            SdeSampler sampler = new SdeSampler(new SdeRule.Dance(0.4), GaussianWorld.SCHEDULE);
            SampleNoise noise =
                    new SampleNoise(5, 0, LongStream.range(0, 4).boxed().toList());
            NDArray initial = noise.initial(world.manager, new Shape(GaussianWorld.SIZE));
            Conditioning none = GaussianWorld.encode(world.manager, Collections.nCopies(4, ""));
            RolloutPlan plan = RolloutPlan.of(List.of(1, 3), noise)
                    .guidedBy((latents, data, step, numbers) ->
                            step == 3 ? Optional.of(data.onesLike().mul(0.05f)) : Optional.empty());
            Chunk chunk = new Chunk(0, none, sampler.rollout(world.policy.current(), initial, none, plan), true);
            StepTeacher teacher = new StepTeacher(objective, world.policy, sampler);
            var model = world.velocity(world.trainable.replica(world.manager).weights());
            Advantages.Column nothing = Advantages.Column.whole(new double[4]);
            for (StoredStep stored : chunk.trajectory().steps()) {
                MicroStep step = teacher.replay(chunk, stored, nothing, 1).backward(model);
                double std = sampler.step(stored.step()).std();
                double expected = stored.step() == 3 ? 0.5 * 0.05 * 0.05 / std / std : 0;
                assertThat(step.penalty()).isEqualTo(expected, Offset.offset(1e-5));
                assertThat(step.loss()).isEqualTo(0.7 * expected, Offset.offset(1e-5));
            }
        }
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        GrpoOptions.Rollout steps = rollout(new SdeRule.Dance(0.5), new ExplorationSchedule.AllButLast(), null);
        Objective gradient = Objective.flowGrpo(0.2, 0, KlForm.EXACT);
        CriticLearning.Steps judges = new CriticLearning.Steps(true, 0);
        assertThatThrownBy(() -> options(steps, gradient, CriticLearning.Steps.NONE, new Credit.Broadcast(), 1))
                .hasMessageContaining("critic must go, because nothing asks it");
        assertThatThrownBy(() -> new GrpoOptions(
                        GrpoOptions.Batch.of(4, 16, 32),
                        steps,
                        GrpoOptions.Signal.FLOW_GRPO,
                        matching(),
                        GrpoOptions.Updates.FLOW_GRPO,
                        1))
                .hasMessageContaining("critic is missing");
        assertThatThrownBy(() -> options(steps, gradient, judges, new Credit.Cumulative(0.9), 0))
                .hasMessageContaining("must be the gain or the value of a step where the critic judges");
        assertThatThrownBy(
                        () -> options(steps, matching(), new CriticLearning.Steps(false, 1), new Credit.Broadcast(), 0))
                .hasMessageContaining("The critic's scores of steps are for the policy gradient");
        PolicyGradient led = new PolicyGradient(
                new RatioRule.Plain(),
                new PolicyLoss.PpoClip(ClipRule.symmetric(0.2)),
                List.of(new Anchor.Led(1)),
                StepWeight.ONE,
                new StepSelection.All());
        assertThatThrownBy(() -> options(steps, led, judges, new Credit.Gain(), 0))
                .hasMessageContaining("distillation draws the policy to where a gradient has led it, but none leads");
    }
}
