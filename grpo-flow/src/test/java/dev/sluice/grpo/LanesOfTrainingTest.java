package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.flow.OdeSampler;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Scores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training on several lanes: the numbers of one, nothing left behind, and failures that are heard of. */
class LanesOfTrainingTest {
    /** Six chunks of two samples. */
    private static GrpoOptions options() {
        GrpoOptions some = TinySd3.options(11);
        return new GrpoOptions(
                GrpoOptions.Batch.of(3, 4, 2),
                some.rollout(),
                some.signal(),
                some.objective(),
                some.updates(),
                some.seed());
    }

    /** Scores drift with every call, so that they tell whether chunks are scored in order. */
    private static Reward drifting() {
        AtomicInteger calls = new AtomicInteger();
        return samples -> {
            int call = calls.incrementAndGet();
            return Scores.of(samples.stream()
                    .mapToDouble(sample -> sample.media().value(0, 0, 0, 0) / 255.0 + 1e-3 * call)
                    .toArray());
        };
    }

    private static AlignmentTask task(Reward reward) {
        AlignmentTask task = TinySd3.task();
        return new AlignmentTask(task.prompts(), task.encoder(), task.latentShape(), task.decoder(), reward);
    }

    /** Returns all that training, the average and an evaluation give, but for what a clock says. */
    private static List<Object> everything(int lanes) {
        List<Object> all = new ArrayList<>();
        try (TinySd3 world = new TinySd3(2, lanes);
                GrpoTrainer trainer =
                        new GrpoTrainer(world.manager, world.lanes, world.policy, task(drifting()), options())) {
            for (int i = 0; i < 3; i++) {
                IterationReport report = trainer.iterate();
                assertThat(report.ratioDeviationBeforeUpdate()).isZero();
                assertThat(report.updates()).hasSize(2).allSatisfy(update -> {
                    assertThat(update.applied()).isTrue();
                    assertThat(update.microSteps()).isEqualTo(6);
                });
                Map<String, Object> metrics = new LinkedHashMap<>(report.metrics());
                metrics.keySet()
                        .removeIf(name -> name.contains("second") || name.contains("memory") || name.contains("byte"));
                assertThat(metrics).containsKeys("loss", "reward.mean");
                all.add(metrics);
            }
            world.adapter.parameters().forEach((name, array) -> all.add(Arrays.hashCode(array.toFloatArray())));
            trainer.ema().values().forEach((name, array) -> all.add(Arrays.hashCode(array.toFloatArray())));
            Evaluation evaluation =
                    new Evaluation(task(drifting()), new OdeSampler(new TimeSchedule.Shifted(3, 3)), 3, 2, 5);
            all.add(evaluation.run(
                    world.manager,
                    world.lanes,
                    world.policy.current(),
                    judged -> all.add(judged.seed() + " " + judged.score())));
        }
        return all;
    }

    @Test
    void theNumberOfLanesChangesNoBit() {
        List<Object> one = everything(1);
        assertThat(everything(2)).isEqualTo(one);
        assertThat(everything(3)).isEqualTo(one);
    }

    @Test
    void anIterationLeavesNoArrayBehind() {
        try (TinySd3 world = new TinySd3(2, 3);
                GrpoTrainer trainer =
                        new GrpoTrainer(world.manager, world.lanes, world.policy, TinySd3.task(), options())) {
            trainer.iterate();
            int trainers = trainer.manager().getManagedArrays().size();
            int worlds = world.manager.getManagedArrays().size();
            for (int i = 0; i < 3; i++) {
                trainer.iterate();
            }
            assertThat(trainer.manager().getManagedArrays()).hasSize(trainers);
            assertThat(world.manager.getManagedArrays()).hasSize(worlds);
        }
    }

    /** Fails at one call of the network, counted over all lanes. */
    private static Policy failing(TinySd3 world, AtomicInteger untilFailure) {
        Function<Weights, VelocityModel> network = weights -> (latents, sigmas, conditioning) -> {
            if (untilFailure.getAndDecrement() == 0) {
                throw new IllegalStateException("the network fails");
            }
            return world.policy.over(weights).velocity(latents, sigmas, conditioning);
        };
        return new Policy(network, world.adapter);
    }

    /** 24 calls for the rollout of 6 chunks in 4 steps, 24 with the reference's for both updates. */
    @ParameterizedTest(name = "after {0} calls")
    @ValueSource(ints = {7, 30})
    void aFailureInALaneIsThrownAsItWasAndTheTrainerStandsWhereTheIterationBegan(int calls) {
        AtomicInteger untilFailure = new AtomicInteger(calls);
        List<Object> after = new ArrayList<>();
        try (TinySd3 world = new TinySd3(2, 3)) {
            int before = world.manager.getManagedArrays().size();
            try (GrpoTrainer trainer = new GrpoTrainer(
                    world.manager, world.lanes, failing(world, untilFailure), TinySd3.task(), options())) {
                assertThatThrownBy(trainer::iterate)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("the network fails");
                assertThat(trainer.iteration()).isZero();
                after.add(trainer.iterate().updates());
            }
            assertThat(world.manager.getManagedArrays()).hasSizeGreaterThanOrEqualTo(before);
        }
        try (TinySd3 world = new TinySd3(2, 1);
                GrpoTrainer trainer =
                        new GrpoTrainer(world.manager, world.lanes, world.policy, TinySd3.task(), options())) {
            assertThat(after).containsExactly(trainer.iterate().updates());
        }
    }

    @Test
    void progressIsHeardInOrderOnTheCallersThread() {
        Thread caller = Thread.currentThread();
        List<String> heard = new ArrayList<>();
        try (TinySd3 world = new TinySd3(2);
                Lanes lanes = new Lanes(4);
                GrpoTrainer trainer = new GrpoTrainer(world.manager, lanes, world.policy, TinySd3.task(), options())) {
            trainer.iterate((iteration, phase, done, total) -> {
                assertThat(Thread.currentThread()).isSameAs(caller);
                heard.add("%s %s/%s".formatted(phase, done, total));
            });
        }
        assertThat(heard)
                .containsExactly(
                        "rollout 1/6",
                        "rollout 2/6",
                        "rollout 3/6",
                        "rollout 4/6",
                        "rollout 5/6",
                        "rollout 6/6",
                        "update 1/2",
                        "update 2/2");
    }
}
