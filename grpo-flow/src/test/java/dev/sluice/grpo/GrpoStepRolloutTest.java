package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Ema;
import dev.sluice.flow.internal.Sd3Transformer;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.sde.RolloutPlan;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Trajectory;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Compares network, rollout and replay with those of Flow-GRPO's own inner loop. */
class GrpoStepRolloutTest extends GrpoStepFixture {
    @Test
    void theNetworkEqualsThePeersWithAndWithoutTheAdapter() {
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray latents = golden.get("rollout.latents").get(":,1");
            NDArray time = golden.get("timesteps").get(":,1");
            assertThat(relative(network.velocityAt(latents, time, conditioning()), golden.get("forward.with_lora")))
                    .isLessThan(1e-5);
            Sd3Transformer base = new Sd3Transformer(CONFIG, adapter.reference());
            assertThat(relative(base.velocityAt(latents, time, conditioning()), golden.get("forward.without_lora")))
                    .isLessThan(1e-5);
        }
    }

    @Test
    void theRolloutEqualsThePeersFromItsNoise() {
        try (Trajectory trajectory = sampler.rollout(
                policy.current(),
                golden.get("rollout.initial"),
                conditioning(),
                RolloutPlan.of(
                        List.of(0, 1, 2),
                        (owner, shape, step) -> golden.get("rollout.noise").get(":," + step)))) {
            for (StoredStep step : trajectory.steps()) {
                int k = step.step();
                NDIndex next = new NDIndex(":," + (k + 1));
                assertThat(absolute(step.next(), golden.get("rollout.latents").get(next)))
                        .as("latents after step %s", k)
                        .isLessThan(1e-4);
                assertThat(absolute(
                                step.logProb(), golden.get("rollout.log_probs").get(":," + k)))
                        .as("log-probabilities of step %s", k)
                        .isLessThan(5e-6);
            }
            assertThat(absolute(
                            trajectory.latents(), golden.get("rollout.latents").get(":,4")))
                    .isLessThan(1e-4);
        }
    }

    @Test
    void aReplayedRolloutHasARatioOfExactlyOne() {
        NDArray initial = golden.get("rollout.initial");
        RolloutPlan plan = RolloutPlan.of(
                List.of(0, 1, 2),
                (owner, shape, step) -> golden.get("rollout.noise").get(":," + step));
        try (Trajectory trajectory = sampler.rollout(policy.current(), initial, conditioning(), plan);
                AdamW optimiser = new AdamW(manager, adapter.parameters(), AdamW.Options.FLOW_GRPO);
                Ema ema = new Ema(manager, adapter.parameters(), Ema.Options.FLOW_GRPO)) {
            Chunk chunk = new Chunk(0, conditioning(), trajectory, true);
            PolicyUpdate update = new PolicyUpdate(manager, lanes, policy, optimiser, ema, Optional.empty());
            StepTeacher teacher = teacher(0.04);
            update.begin();
            Advantages.Column advantages = Advantages.Column.whole(1, -1, 2, 0);
            List<MicroStep> steps = update.accumulate(trajectory.steps().stream()
                    .map(step -> teacher.replay(chunk, step, advantages, 1.0 / 3))
                    .toList());
            assertThat(steps)
                    .hasSize(3)
                    .allSatisfy(step -> assertThat(step.terms().ratios()).containsOnly(1.0));
            UpdateReport report = update.apply(updates(AdamW.Options.FLOW_GRPO));
            assertThat(report.maxRatioDeviation()).isZero();
            assertThat(report.gradientNorm()).isPositive();
            update.begin();
            MicroStep moved = update.accumulate(
                            List.of(teacher.replay(chunk, trajectory.steps().get(0), advantages, 1)))
                    .get(0);
            assertThat(moved.terms().ratios()).doesNotContain(1.0);
            assertThat(IntStream.range(0, 4)
                            .filter(i -> moved.terms().ratios()[i] > 1)
                            .count())
                    .isBetween(1L, 3L);
        }
    }
}
