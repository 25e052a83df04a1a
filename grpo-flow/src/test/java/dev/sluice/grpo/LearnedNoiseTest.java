package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.VelocityModel;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.RolloutPlan;
import dev.sluice.sde.SampleNoise;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.StoredStep;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Noise that is learned with the policy. */
class LearnedNoiseTest {
    private static NoiseLearning learning(double rate, double entropy) {
        return new NoiseLearning(0.1, 2, entropy, Optional.empty(), new AdamW.Options(rate, 0.9, 0.999, 1e-8, 0, 1));
    }

    private static GrpoOptions options(SdeRule rule, Objective objective, Optional<NoiseLearning> learned) {
        GrpoOptions base = GaussianWorld.options(0.02, Objective.flowGrpo(0.2, 0, KlForm.EXACT), 4);
        GrpoOptions.Rollout rollout = new GrpoOptions.Rollout(
                new SdeOptions(rule), GaussianWorld.SCHEDULE, new ExplorationSchedule.AllButLast());
        return new GrpoOptions(
                base.batch(),
                learned.map(rollout::learning).orElse(rollout),
                base.signal(),
                objective,
                base.updates(),
                4);
    }

    private static GrpoOptions options(Optional<NoiseLearning> learned) {
        return options(new SdeRule.Dance(0.4), Objective.flowGrpo(0.2, 0, KlForm.EXACT), learned);
    }

    /** L at other diffusions, everything else as it was. */
    @Test
    void theSlopeIsTheLossesFiniteDifference() {
        PolicyGradient objective = Objective.flowGrpo(0.5, 0, KlForm.EXACT);
        Advantages.Column advantages = Advantages.Column.whole(1.2, -0.7, 0.4, -1.1);
        try (GaussianWorld world = new GaussianWorld(0.5, 0.1f, -0.2f)) {
            SdeSampler sampler = new SdeSampler(new SdeRule.Dance(0.4), GaussianWorld.SCHEDULE);
            SampleNoise noise =
                    new SampleNoise(5, 0, LongStream.range(0, 4).boxed().toList());
            NDArray initial = noise.initial(world.manager, new Shape(GaussianWorld.SIZE));
            Conditioning none = GaussianWorld.encode(world.manager, Collections.nCopies(4, ""));
            Chunk chunk = new Chunk(
                    0,
                    none,
                    sampler.rollout(world.policy.current(), initial, none, RolloutPlan.of(List.of(0, 2, 4), noise)),
                    true);
            LearnedNoise learned = new LearnedNoise(world.manager, learning(0.1, 0.3), sampler);
            StepTeacher teacher = new StepTeacher(objective, world.policy, learned);
            VelocityModel model =
                    world.velocity(world.trainable.replica(world.manager).weights());
            for (StoredStep stored : chunk.trajectory().steps()) {
                double slope = teacher.replay(chunk, stored, advantages, 0.5)
                        .backward(model)
                        .noiseSlope();
                double[] losses = new double[2];
                double[] entropies = new double[2];
                for (int side = 0; side < 2; side++) {
                    List<Double> moved = new ArrayList<>(learned.diffusions());
                    moved.set(stored.step(), moved.get(stored.step()) * Math.exp(side == 0 ? 0.01 : -0.01));
                    SdeSampler other = sampler.with(new SdeRule.Table(moved));
                    losses[side] = new StepTeacher(objective, world.policy, other)
                            .replay(chunk, stored, advantages, 0.5)
                            .backward(model)
                            .loss();
                    entropies[side] = Math.log(other.step(stored.step()).std());
                }
                double expected = 0.5 * ((losses[0] - losses[1]) - 0.3 * (entropies[0] - entropies[1])) / 0.02;
                assertThat(slope).as("step %s", stored.step()).isEqualTo(expected, Offset.offset(2e-3));
                assertThat(Math.abs(expected + 0.15))
                        .as("more than the entropy")
                        .isGreaterThan(0.01);
            }
        }
    }

    @Test
    void noiseThatDoesNotMoveIsDanceGrpo() {
        List<Double> rewards = new ArrayList<>();
        for (Optional<NoiseLearning> learned :
                List.of(Optional.<NoiseLearning>empty(), Optional.of(learning(1e-12, 0)))) {
            try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                    GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), options(learned))) {
                for (int i = 0; i < 4; i++) {
                    IterationReport report = trainer.iterate();
                    rewards.add(report.rewards().mean());
                    assertThat(report.ratioDeviationBeforeUpdate()).isZero();
                    assertThat(report.metrics().containsKey("noise.step.4")).isEqualTo(learned.isPresent());
                }
            }
        }
        for (int i = 0; i < 4; i++) {
            assertThat(rewards.get(i + 4)).isEqualTo(rewards.get(i), Offset.offset(1e-4));
        }
    }

    @Test
    void noiseMovesWithinItsBoundsAndLearningGoesOn() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer =
                        world.trainer(GaussianWorld.nearness(0.8), options(Optional.of(learning(0.2, 0.5))))) {
            for (int i = 0; i < 60; i++) {
                trainer.iterate();
            }
            IterationReport last = trainer.iterate();
            for (int k = 0; k < 5; k++) {
                assertThat(last.metrics().get("noise.step." + k))
                        .as("liked for itself")
                        .isBetween(1.0, 2.0);
            }
            assertThat(world.distribution(256)[0]).isEqualTo(0.8, Offset.offset(0.3));
        }
    }

    @Test
    void theUpperBoundFallsAlongACosine() {
        NoiseLearning narrowing = new NoiseLearning(
                0.1,
                1.1,
                0,
                Optional.of(new NoiseLearning.Narrowing(10, 20)),
                new AdamW.Options(0.1, 0.9, 0.999, 1e-8, 0, 1));
        assertThat(narrowing.mostAt(0)).isEqualTo(1.1);
        assertThat(narrowing.mostAt(10)).isEqualTo(1.1);
        assertThat(narrowing.mostAt(15)).isEqualTo(0.95, Offset.offset(1e-9));
        assertThat(narrowing.mostAt(20)).isEqualTo(0.8, Offset.offset(1e-9));
        assertThat(narrowing.mostAt(99)).isEqualTo(0.8, Offset.offset(1e-9));
    }

    @Test
    void whatCannotBeLearnedIsRefused() {
        Objective plain = Objective.flowGrpo(0.2, 0, KlForm.EXACT);
        Optional<NoiseLearning> learned = Optional.of(learning(0.1, 0));
        assertThatThrownBy(() -> options(new SdeRule.Cps(0.7), plain, learned))
                .hasMessageContaining("has no diffusion to learn");
        assertThatThrownBy(() -> options(new SdeRule.Dance(0.4), new RewardDifference(1, 1), learned))
                .hasMessageContaining("learned by the policy gradient");
        PolicyGradient normalised = new PolicyGradient(
                new RatioRule.Normalised(),
                new PolicyLoss.PpoClip(ClipRule.symmetric(0.1)),
                List.of(),
                StepWeight.ONE,
                new StepSelection.All());
        assertThatThrownBy(() -> new NoiseLearning(0.1, 2, 0, Optional.empty(), AdamW.Options.FLOW_GRPO)
                        .check(options(learned).rollout(), normalised))
                .hasMessageContaining("A normalised ratio has one deviation");
        assertThatThrownBy(() -> new NoiseLearning(0.5, 0.5, 0, Optional.empty(), AdamW.Options.FLOW_GRPO))
                .hasMessageContaining("most (0.5)");
    }
}
