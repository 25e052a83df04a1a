package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.AdamW;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.LastStep;
import dev.sluice.sde.Likelihood;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What learns beside the policy is in the checkpoint, and leaves nothing behind. */
class CompanionTest {
    private static final RunIdentity RUN = new RunIdentity("config", "model");
    private static final AdamW.Options ADAM = new AdamW.Options(1e-2, 0.5, 0.999, 1e-8, 0, 1);

    @TempDir
    private Path folder;

    private static GrpoOptions with(GrpoOptions.Rollout rollout, Objective objective) {
        GrpoOptions some = TinySd3.options(11);
        return new GrpoOptions(GrpoOptions.Batch.of(3, 4, 4), rollout, some.signal(), objective, some.updates(), 11);
    }

    static Stream<Named<GrpoOptions>> all() {
        GrpoOptions some = TinySd3.options(11);
        GrpoOptions.Rollout states = new GrpoOptions.Rollout(
                new SdeOptions(new SdeRule.Cps(1), Likelihood.QUADRATIC, LastStep.ODE, false, true),
                some.rollout().schedule(),
                new ExplorationSchedule.AllButLast());
        GrpoOptions.Rollout ode = new GrpoOptions.Rollout(
                some.rollout().sde(), some.rollout().schedule(), new ExplorationSchedule.None());
        GrpoOptions.Rollout led = new GrpoOptions.Rollout(
                some.rollout().sde(),
                some.rollout().schedule(),
                some.rollout().exploration(),
                Optional.of(new CriticGradient(0.5, false, true, 0, 3)),
                Optional.empty(),
                false);
        Matching actor = new Matching(
                new CriticWeighted(CriticWeighted.Weighting.EXPONENTIAL, 1, 1),
                new NoiseLevels.Uniform(0.2),
                2,
                List.of(),
                Optional.empty(),
                false);
        GrpoOptions.Signal process = new GrpoOptions.Signal(
                new Credit.Broadcast(),
                GroupAdvantage.DANCE_GRPO,
                Combination.REWARD_SUM,
                0,
                5,
                new SampleSelection(true, Optional.empty()),
                Completion.WHOLE,
                List.of(1),
                new CriticLearning.Steps(false, 0.5));
        NoiseLearning noise = new NoiseLearning(0.1, 3, 0.01, Optional.of(new NoiseLearning.Narrowing(1, 4)), ADAM);
        return Stream.of(
                Named.of(
                        "a critic of scores",
                        with(states, new Distillation(2, Distillation.LEVELS, new Distillation.Critic(2, ADAM)))),
                Named.of("a critic of latents that weighs", critic(ode, actor, GrpoOptions.Signal.FLOW_GRPO)),
                Named.of("a critic of latents that leads", critic(led, some.objective(), process)),
                Named.of("learned noise", with(some.rollout().learning(noise), some.objective())));
    }

    private static GrpoOptions critic(GrpoOptions.Rollout rollout, Objective objective, GrpoOptions.Signal signal) {
        return new GrpoOptions(
                GrpoOptions.Batch.of(3, 4, 4),
                rollout,
                signal,
                objective,
                TinySd3.options(11).updates(),
                Optional.of(new CriticLearning(8, 2, 1, ADAM)),
                11);
    }

    private static GrpoTrainer trainer(TinySd3 world, GrpoOptions options) {
        return new GrpoTrainer(world.manager, world.lanes, world.policy, TinySd3.task(), options);
    }

    private static List<Map<String, Double>> iterate(GrpoTrainer trainer, int count) {
        List<Map<String, Double>> metrics = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Map<String, Double> one = trainer.iterate().metrics();
            one.keySet().removeIf(name -> name.contains("second") || name.contains("memory"));
            metrics.add(one);
        }
        return metrics;
    }

    private static Map<String, List<Float>> everything(GrpoTrainer trainer) {
        Map<String, List<Float>> all = new LinkedHashMap<>();
        trainer.policy().trainable().parameters().forEach((name, array) -> all.put(name, list(array)));
        for (Companion companion : trainer.companions()) {
            companion.arrays().forEach((name, array) -> all.put(companion.name() + "." + name, list(array)));
        }
        return all;
    }

    private static List<Float> list(NDArray array) {
        List<Float> list = new ArrayList<>();
        for (float value : array.toFloatArray()) {
            list.add(value);
        }
        return list;
    }

    @ParameterizedTest
    @MethodSource("all")
    void aResumedRunEqualsOneThatWasNotStoppedOnAnyNumberOfLanes(GrpoOptions options) throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 2);
        List<Map<String, Double>> whole;
        Map<String, List<Float>> end;
        Map<String, List<Float>> start;
        try (TinySd3 world = new TinySd3(4, 1);
                GrpoTrainer trainer = trainer(world, options)) {
            start = everything(trainer);
            whole = iterate(trainer, 4);
            end = everything(trainer);
            assertThat(trainer.companions()).isNotEmpty();
            assertThat(end).doesNotContainEntry("noise.noise", start.get("noise.noise"));
        }
        List<Map<String, Double>> parts;
        try (TinySd3 world = new TinySd3(4, 3);
                GrpoTrainer trainer = trainer(world, options)) {
            parts = iterate(trainer, 2);
            checkpoints.save(trainer, RUN);
        }
        try (TinySd3 world = new TinySd3(4, 2);
                GrpoTrainer trainer = trainer(world, options)) {
            checkpoints.restoreLatest(trainer, RUN);
            parts.addAll(iterate(trainer, 2));
            assertThat(everything(trainer)).isEqualTo(end);
        }
        assertThat(parts).isEqualTo(whole);
    }

    @ParameterizedTest
    @MethodSource("all")
    void aCheckpointWithoutItIsRefusedAndAnIterationLeavesNoArrayBehind(GrpoOptions options) throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 2);
        try (TinySd3 world = new TinySd3(2, 3);
                GrpoTrainer trainer = trainer(world, options)) {
            trainer.iterate();
            checkpoints.save(trainer, RUN);
            String name = trainer.companions().get(0).name();
            Path file = checkpoints.latest().orElseThrow().resolve(name + ".safetensors");
            Files.delete(file);
            assertThatThrownBy(() -> checkpoints.restoreLatest(trainer, RUN))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(name + ".safetensors");
            int trainers = trainer.manager().getManagedArrays().size();
            int worlds = world.manager.getManagedArrays().size();
            for (int i = 0; i < 3; i++) {
                trainer.iterate();
            }
            assertThat(trainer.manager().getManagedArrays()).hasSize(trainers);
            assertThat(world.manager.getManagedArrays()).hasSize(worlds);
        }
    }
}
