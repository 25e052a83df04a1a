package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.flow.TimeSchedule;
import dev.sluice.grpo.Credit.Probed;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Scores;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Credit for single steps, through the trainer: the ODE completes the states along the way, and a reward judges them. */
class CompletionTest {
    private static GrpoOptions options(Credit credit, double noise, ExplorationSchedule exploration) {
        GrpoOptions base = GaussianWorld.options(0.05, Objective.flowGrpo(0.05, 0, KlForm.EXACT), 1);
        GroupAdvantage advantage = credit instanceof Credit.ReNorm
                ? new GroupAdvantage.Scaled(1e-4)
                : new GroupAdvantage.ZScore(0, 1e-4, GroupAdvantage.Scope.GROUP);
        return new GrpoOptions(
                base.batch(),
                new GrpoOptions.Rollout(
                        new SdeOptions(new SdeRule.FlowGrpo(noise)), GaussianWorld.SCHEDULE, exploration),
                new GrpoOptions.Signal(credit, advantage, Combination.REWARD_SUM, 0, 5, true),
                base.objective(),
                base.updates(),
                1);
    }

    static List<Credit> credits() {
        return List.of(
                new Credit.Value(),
                new Credit.Gain(),
                TurningPoint.TP_GRPO,
                new Credit.Cumulative(0.9),
                new Credit.MinForm(new Credit.Gain(), 0.1));
    }

    @ParameterizedTest
    @MethodSource("credits")
    void everyCreditMovesTheMeanTowardsTheRewardsOptimum(Credit credit) {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(
                        GaussianWorld.nearness(0.8), options(credit, 0.7, new ExplorationSchedule.AllButLast()))) {
            for (int i = 0; i < 30; i++) {
                assertThat(trainer.iterate().ratioDeviationBeforeUpdate()).isZero();
            }
            assertThat(world.distribution(512)[0]).as("%s", credit).isBetween(0.45, 1.15);
        }
    }

    /** Where hardly any noise is added, every state completes to the sample itself, and no step has gained anything. */
    @Test
    void theCompletionsAreThoseOfTheSamplesOwnStates() {
        AtomicInteger scored = new AtomicInteger();
        Reward reward = samples -> {
            scored.addAndGet(samples.size());
            return GaussianWorld.nearness(0.8).score(samples);
        };
        try (GaussianWorld world = new GaussianWorld(0.5, 0.3f, 0);
                GrpoTrainer trainer = world.trainer(
                        reward, options(new Credit.Value(), 1e-4, new ExplorationSchedule.Listed(List.of(1, 3))))) {
            IterationReport report = trainer.iterate();
            assertThat(scored).as("64 samples, and the states before two steps").hasValue(64 * 3);
            // Values differ between samples as their outcomes do, and so do the advantages of both steps.
            assertThat(report.advantageMagnitude()).isBetween(0.5, 1.0);
            assertThat(report.trainedSteps()).containsExactly(1, 3);
        }
    }

    @Test
    void aCompletionTakesPlacesOfTheGrid() {
        TimeSchedule grid = TimeSchedule.of(1, 0.9, 0.7, 0.6, 0.4, 0.1, 0);
        assertThat(Completion.WHOLE.from(grid, 0).sigmas()).isEqualTo(grid.sigmas());
        assertThat(Completion.WHOLE.from(grid, 4).sigmas()).containsExactly(0.4, 0.1, 0);
        assertThat(new Completion(1).from(grid, 2).sigmas()).containsExactly(0.7, 0);
        assertThat(new Completion(2).from(grid, 0).sigmas()).containsExactly(1, 0.6, 0);
        assertThat(new Completion(3).from(grid, 1).sigmas()).containsExactly(0.9, 0.6, 0.4, 0);
        for (int steps : new int[] {3, 4, 100}) {
            assertThat(new Completion(steps).from(grid, 3).sigmas()).containsExactly(0.6, 0.4, 0.1, 0);
        }
        assertThatThrownBy(() -> new Completion(-1)).hasMessageContaining("steps (-1) must be at least 0");
    }

    /** Under N(0, τ²) the data that a state predicts is x·(1 − σ)τ²/S(σ), and the reward is shown just that. */
    @Test
    void oneStepShowsTheRewardWhatAStatePredicts() {
        List<float[]> shown = new ArrayList<>();
        Reward reward = GaussianWorld.each(sample -> {
            shown.add(GaussianWorld.values(sample.media()));
            return shown.size();
        });
        GrpoOptions whole = options(new Credit.Value(), 0.7, new ExplorationSchedule.Listed(List.of(0, 3)));
        GrpoOptions.Signal signal = new GrpoOptions.Signal(
                new Credit.Value(),
                whole.signal().advantage(),
                Combination.REWARD_SUM,
                0,
                5,
                true,
                new Completion(1),
                List.of(1));
        GrpoOptions once = new GrpoOptions(
                new GrpoOptions.Batch(1, 2, 2, false, false, List.of()),
                whole.rollout(),
                signal,
                whole.objective(),
                whole.updates(),
                1);
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(reward, once)) {
            trainer.iterate();
        }
        // Of pure noise the mean of the data is all that is known, and the ODE's first step goes to it.
        assertThat(shown).hasSize(6);
        assertThat(shown.get(2)).containsExactly(new float[] {0, 0, 0}, Offset.offset(1e-6f));
        assertThat(shown.get(3)).containsExactly(new float[] {0, 0, 0}, Offset.offset(1e-6f));
        assertThat(shown.get(4)[0]).isNotEqualTo(0f).isNotEqualTo(shown.get(0)[0]);
    }

    @Test
    void aStateHasTheRewardOfTheNextCompletionAheadOfIt() {
        Scores outcome = Scores.of(10, 20);
        Scores before1 = Scores.of(1, 2);
        Scores before3 = new Scores(new double[] {3, Double.NaN}, Map.of(1, "blank"));
        Sampled sampled = new Sampled(List.of(), outcome, List.of(before1, before3), List.of(), List.of(1, 3), 5);
        Probed probed = sampled.probed(Scores::values);
        assertThat(probed.outcome()).containsExactly(10, 20);
        assertThat(probed.states()[0]).containsExactly(1, 1, 3, 3, 10, 10);
        assertThat(probed.states()[1]).containsExactly(2, 2, Double.NaN, Double.NaN, 20, 20);
        double[] gains = new Credit.Gain().assign(probed, new int[] {1, 3})[0];
        assertThat(gains).containsExactly(3 - 1, 10 - 3);
        assertThat(gains[0] + gains[1]).isEqualTo(10 - 1, Offset.offset(0.0));
        assertThat(new Sampled(List.of(), outcome, List.of(), List.of(), List.of(1, 3), 5)
                        .probed(Scores::values)
                        .states())
                .isEmpty();
    }
}
