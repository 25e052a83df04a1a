package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Ema;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.sde.KlForm;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** What follows the policy's parameters: a copy's network, and the rate at which they move. */
class PolicyCopyTest {
    private static double velocity(GaussianWorld world, VelocityModel model) {
        try (NDManager scratch = world.manager.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray x = scratch.create(new float[] {1, 1, 1}).reshape(1, GaussianWorld.SIZE);
            Conditioning none = GaussianWorld.encode(scratch, List.of(""));
            return model.velocity(x, 0.5, none).getFloat(0, 0);
        }
    }

    private static void move(GaussianWorld world, float offset) {
        try (NDArray theta = world.manager.create(new float[] {offset, 0})) {
            InPlace.assign(world.trainable.parameters().get("theta"), theta);
        }
        world.trainable.fold();
    }

    /** The network of a copy computes with the copy's parameters, not with those that it had once. */
    @Test
    void theCopysNetworkFollowsItsParameters() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0)) {
            PolicyCopy every = new PolicyCopy(world.manager, world.policy, new CopyRule.Every(2));
            PolicyCopy half = new PolicyCopy(world.manager, world.policy, new CopyRule.Ramp(1, 0.5, 0));
            double before = velocity(world, world.policy.current());
            move(world, 0.8f);
            every.follow(1);
            half.follow(1);
            assertThat(velocity(world, world.policy.current())).isEqualTo(before + 0.8, Offset.offset(1e-6));
            assertThat(velocity(world, every.model())).as("not yet").isEqualTo(before, Offset.offset(1e-6));
            assertThat(velocity(world, half.model())).isEqualTo(before + 0.4, Offset.offset(1e-6));
            every.follow(2);
            half.follow(2);
            assertThat(velocity(world, every.model())).isEqualTo(before + 0.8, Offset.offset(1e-6));
            assertThat(velocity(world, half.model())).isEqualTo(before + 0.6, Offset.offset(1e-6));
            every.restore(Map.of("theta", world.manager.create(new float[] {-0.3f, 0})));
            assertThat(velocity(world, every.model())).isEqualTo(before - 0.3, Offset.offset(1e-6));
        }
    }

    /** AdamW's first step is the learning rate, whatever the gradient. */
    @Test
    void theStepOfAnUpdateIsThatOfTheSchedule() {
        GrpoOptions base = GaussianWorld.options(0.05, Objective.flowGrpo(0.05, 0, KlForm.EXACT), 1);
        GrpoOptions warming = new GrpoOptions(
                base.batch(),
                base.rollout(),
                base.signal(),
                base.objective(),
                new GrpoOptions.Updates(
                        1,
                        1,
                        new RateSchedule(10, 0, 1),
                        3,
                        new AdamW.Options(0.05, 0.9, 0.999, 1e-8, 0, 1),
                        Ema.Options.FLOW_GRPO),
                1);
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), warming)) {
            UpdateReport first = trainer.iterate().updates().get(0);
            assertThat(first.learningRate()).isEqualTo(0.005, Offset.offset(1e-9));
            assertThat(Math.abs(world.theta()[0])).isEqualTo(0.005, Offset.offset(1e-5));
            UpdateReport second = trainer.iterate().updates().get(0);
            assertThat(second.learningRate()).isEqualTo(0.01, Offset.offset(1e-9));
            assertThat(Math.abs(world.theta()[0])).isBetween(0.0125, 0.0151);
        }
    }
}
