package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Scores;
import dev.sluice.sde.KlForm;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a trainer does with rewards and models that nothing can be learned from. */
class GrpoFaultsTest {
    private static final Objective PLAIN = Objective.flowGrpo(0.05, 0, KlForm.EXACT);

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
                GrpoTrainer trainer = world.trainer(sometimes, GaussianWorld.options(0.03, PLAIN, 1))) {
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
                GrpoTrainer trainer = world.trainer(
                        GaussianWorld.each(sample -> Double.NaN), GaussianWorld.options(0.03, PLAIN, 1))) {
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
                GrpoTrainer trainer =
                        world.trainer(GaussianWorld.each(sample -> 0.5), GaussianWorld.options(0.03, PLAIN, 1))) {
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
    void aRewardThatThrowsComesThroughAndTheTrainerGoesOn() {
        AtomicInteger calls = new AtomicInteger();
        Reward reward = samples -> {
            if (calls.incrementAndGet() == 2) {
                throw new IllegalStateException("scorer gone");
            }
            return GaussianWorld.nearness(0.8).score(samples);
        };
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(reward, GaussianWorld.options(0.03, PLAIN, 1))) {
            assertThatThrownBy(trainer::iterate).hasMessage("scorer gone");
            assertThat(trainer.iteration()).isZero();
            assertThat(trainer.iterate().updates()).allMatch(UpdateReport::applied);
        }
    }
}
