package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.GaussianStep;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Euphonium: exploration that is led to where the reward rises. */
class RewardGuideTest {
    private static final GaussianStep NUMBERS = new SdeRule.Dance(0.3).at(GaussianWorld.SCHEDULE, 2);

    private static RewardGradient gradient(double scale, boolean normalised, int draws) {
        return new RewardGradient(scale, false, normalised, 0.01, draws, 0, 5);
    }

    /** r = bᵀx with b = (1, 2, 3), and no score for the second sample. */
    private static double[] linear(NDArray data) {
        float[] x = data.toFloatArray();
        double[] rewards = new double[x.length / 3];
        for (int i = 0; i < rewards.length; i++) {
            rewards[i] = i == 1 ? Double.NaN : x[3 * i] + 2 * x[3 * i + 1] + 3 * x[3 * i + 2];
        }
        return rewards;
    }

    private static float[] shift(RewardGradient options, int step) {
        try (NDManager manager = Torch.newManager()) {
            RewardGuide guide = new RewardGuide(options, RewardGuideTest::linear, List.of(4L, 5L), 1, 0);
            Optional<NDArray> shift =
                    guide.shift(manager.zeros(new Shape(2, 3)), manager.ones(new Shape(2, 3)), step, NUMBERS);
            return shift.map(NDArray::toFloatArray).orElse(new float[0]);
        }
    }

    @Test
    void manyDrawsGiveTheGradientTimesTheScale() {
        float[] d = shift(gradient(2, false, 4000), 3);
        for (int i = 0; i < 3; i++) {
            assertThat((double) d[i]).isEqualTo(2 * (i + 1), Offset.offset(0.5));
            assertThat(d[3 + i]).as("no score, nowhere to go").isZero();
        }
        float[] one = shift(new RewardGradient(0.5, false, true, 0.01, 1, 0, 5), 3);
        assertThat(Math.sqrt(one[0] * one[0] + one[1] * one[1] + one[2] * one[2]))
                .isEqualTo(0.5, Offset.offset(1e-5));
        float[] timesLength = shift(new RewardGradient(0.5, true, true, 0.01, 1, 0, 5), 3);
        assertThat((double) timesLength[0]).isEqualTo(one[0] * NUMBERS.length(), Offset.offset(1e-6));
    }

    @Test
    void onlyTheStepsInItsRangeAreLed() {
        RewardGradient late = new RewardGradient(1, false, false, 0.01, 1, 3, 5);
        assertThat(shift(late, 2)).isEmpty();
        assertThat(shift(late, 3)).hasSize(6).isEqualTo(shift(late, 3)).isNotEqualTo(shift(late, 4));
        assertThat(shift(late, 5)).isEmpty();
        assertThatThrownBy(() -> new RewardGradient(1, false, false, 0.01, 1, 3, 3))
                .hasMessageContaining("to (3) must be above from (3)");
        assertThatThrownBy(() -> gradient(0, false, 1)).hasMessageContaining("scale (0.0)");
        assertThatThrownBy(() -> gradient(1, false, 0)).hasMessageContaining("draws (0)");
    }

    private static GrpoOptions options(SdeRule rule, ExplorationSchedule steps, RewardGradient gradient) {
        GrpoOptions base = GaussianWorld.options(0.05, Objective.flowGrpo(0.05, 0, KlForm.EXACT), 1);
        return new GrpoOptions(
                base.batch(),
                new GrpoOptions.Rollout(
                        new SdeOptions(rule),
                        GaussianWorld.SCHEDULE,
                        steps,
                        Optional.ofNullable(gradient),
                        Optional.empty(),
                        false),
                base.signal(),
                base.objective(),
                base.updates(),
                1);
    }

    /** The first iteration's mean reward, then the mean and the distance of what the policy makes without a guide. */
    private static double[] run(GrpoOptions options, int iterations) {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), options)) {
            double first = Double.NaN;
            for (int i = 0; i < iterations; i++) {
                IterationReport report = trainer.iterate();
                assertThat(report.ratioDeviationBeforeUpdate()).isZero();
                first = i == 0 ? report.rewards().mean() : first;
            }
            double[] theta = world.theta();
            return new double[] {first, world.distribution(512)[0], theta[0], theta[1]};
        }
    }

    @Test
    void whereNoStepIsLedItIsTheAlgorithmWithoutIt() {
        for (SdeRule rule : List.of(new SdeRule.Dance(0.3), new SdeRule.FlowGrpo(0.7))) {
            ExplorationSchedule early = new ExplorationSchedule.Listed(List.of(0, 1));
            double[] led = run(options(rule, early, new RewardGradient(1, true, false, 0.01, 1, 3, 5)), 3);
            assertThat(led).isEqualTo(run(options(rule, early, null), 3));
        }
    }

    @Test
    void ledSamplesAreBetterAndThePolicyLearnsToDoWithoutTheGuide() {
        ExplorationSchedule all = new ExplorationSchedule.AllButLast();
        double[] plain = run(options(new SdeRule.FlowGrpo(0.7), all, null), 12);
        double[] led = run(options(new SdeRule.FlowGrpo(0.7), all, gradient(0.15, false, 4)), 12);
        assertThat(led[0]).as("reward of the first iteration").isGreaterThan(plain[0] + 0.05);
        assertThat(led[1]).as("mean without the guide %s", Arrays.toString(led)).isBetween(0.4, 1.2);
    }

    @Test
    void aGuideNeedsStepsToLead() {
        assertThatThrownBy(() -> options(new SdeRule.Dance(0.3), new ExplorationSchedule.None(), gradient(1, false, 1)))
                .hasMessageContaining("leads stochastic steps, but there are none");
    }
}
