package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Ema;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.RolloutPlan;
import dev.sluice.sde.SampleNoise;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.Trajectory;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyUpdateTest {
    @ParameterizedTest(name = "kl {0}")
    @ValueSource(doubles = {0, 0.7})
    void theGradientIsTheLossesFiniteDifference(double klWeight) {
        PolicyGradient objective = Objective.flowGrpo(0.02, klWeight, KlForm.EXACT);
        try (GaussianWorld world = new GaussianWorld(0.5, 0.1f, -0.2f)) {
            SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), GaussianWorld.SCHEDULE);
            SampleNoise noise =
                    new SampleNoise(5, 0, LongStream.range(0, 12).boxed().toList());
            Conditioning none = GaussianWorld.encode(world.manager, Collections.nCopies(12, ""));
            double[] advantages = {1, -1, 2, -2, 0.5, -0.5, 0, 3, -3, 1, -1, 0.1};
            AdamW optimiser = new AdamW(world.manager, world.trainable.parameters(), AdamW.Options.FLOW_GRPO);
            Ema ema = new Ema(world.manager, world.trainable.parameters(), Ema.Options.FLOW_GRPO);
            PolicyUpdate update =
                    new PolicyUpdate(world.manager, world.lanes, world.policy, optimiser, ema, Optional.empty());
            StepTeacher teacher = new StepTeacher(objective, world.policy, sampler);
            NDArray initial = noise.initial(world.manager, new Shape(GaussianWorld.SIZE));
            try (Trajectory trajectory =
                    sampler.rollout(world.policy.current(), initial, none, RolloutPlan.of(List.of(0, 2, 4), noise))) {
                Chunk chunk = new Chunk(0, none, trajectory, true);
                // Away from the weights that sampled, some ratios are clipped.
                move(world, 0.16f, -0.13f);
                update.begin();
                double clipped = update.accumulate(replays(teacher, chunk, advantages, 1.0 / 3)).stream()
                        .mapToDouble(step -> step.terms().clipped())
                        .sum();
                assertThat(clipped).isBetween(0.3, 2.7);
                float[] gradient = world.trainable.gradients().get("theta").toFloatArray();
                for (int i = 0; i < 2; i++) {
                    float[] theta = {0.16f, -0.13f};
                    theta[i] += 2e-3f;
                    move(world, theta[0], theta[1]);
                    double up = loss(update, teacher, chunk, advantages);
                    theta[i] -= 4e-3f;
                    move(world, theta[0], theta[1]);
                    double down = loss(update, teacher, chunk, advantages);
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

    private static double loss(PolicyUpdate update, StepTeacher teacher, Chunk chunk, double[] advantages) {
        update.begin();
        return update.accumulate(replays(teacher, chunk, advantages, 1)).stream()
                .mapToDouble(MicroStep::loss)
                .average()
                .orElseThrow();
    }

    private static List<Portion> replays(StepTeacher teacher, Chunk chunk, double[] advantages, double scale) {
        return chunk.trajectory().steps().stream()
                .map(step -> teacher.replay(chunk, step, Advantages.Column.whole(advantages), scale))
                .toList();
    }
}
