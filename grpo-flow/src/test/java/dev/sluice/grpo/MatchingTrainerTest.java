package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Ema;
import dev.sluice.flow.RateSchedule;
import dev.sluice.grpo.RewardWeighted.Weighting;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Training with objectives that need only finished samples and their rewards. */
class MatchingTrainerTest {
    private static final NoiseLevels LEVELS = new NoiseLevels.Uniform(0.2);
    private static final Optional<CopyRule> SLOW = Optional.of(new CopyRule.Ramp(0.01, 0.5, 0));
    private static final RunIdentity RUN = new RunIdentity("config", "model");

    @TempDir
    private Path folder;

    static Matching awm(MatchingLikelihood likelihood) {
        return new Matching(
                new AdvantageWeighted(
                        new MatchingLoss(
                                likelihood,
                                MatchingLoss.Ratios.OF_LEVELS,
                                new PolicyLoss.PpoClip(ClipRule.symmetric(1))),
                        0.2),
                LEVELS,
                2,
                List.of(new VelocityAnchor(Frozen.COPY, 1, VelocityDistance.UNIFORM)),
                SLOW,
                false);
    }

    private static Matching matching(SampleLoss loss) {
        return new Matching(loss, LEVELS, 2, List.of(), Optional.empty(), false);
    }

    static Stream<Objective> objectives() {
        Optional<CopyRule> often = Optional.of(new CopyRule.Every(4));
        return Stream.of(
                awm(new MatchingLikelihood.SigmaPower(0)),
                awm(new MatchingLikelihood.SigmaPower(1)),
                awm(new MatchingLikelihood.SigmaPower(2)),
                awm(new MatchingLikelihood.Huber()),
                awm(new MatchingLikelihood.GeneralisedHuber(0.25)),
                new Matching(
                        new Contrast(1, 5, Contrast.Use.ALL), new NoiseLevels.WholeGrid(), 3, List.of(), SLOW, true),
                matching(new RewardWeighted(Weighting.EXPONENTIAL, 0.1)),
                matching(new RewardWeighted(Weighting.SOFTMAX, 0.1)),
                matching(new RewardWeighted(Weighting.BEST, 1)),
                new Matching(
                        new PairPreference(20, Frozen.COPY, new Pairing.Extremes()), LEVELS, 2, List.of(), often, true),
                new Matching(
                        new GroupPreference(10, Frozen.COPY, false, Optional.empty()),
                        LEVELS,
                        2,
                        List.of(),
                        often,
                        false),
                new Matching(new PairPreference(20, Frozen.COPY, new Contest(0)), LEVELS, 2, List.of(), often, true),
                new Matching(new SetPreference(20, Frozen.COPY, new Contest(0)), LEVELS, 2, List.of(), often, true),
                new RewardDifference(1e-3, 0.05));
    }

    private static GrpoOptions options(Objective objective, long seed) {
        GrpoOptions base = GaussianWorld.options(0.05, Objective.flowGrpo(0.1, 0, KlForm.EXACT), 1);
        GrpoOptions.Rollout ode = new GrpoOptions.Rollout(
                new SdeOptions(new SdeRule.Dance(0)), GaussianWorld.SCHEDULE, new ExplorationSchedule.None());
        return new GrpoOptions(
                GrpoOptions.Batch.of(4, 16, 32),
                objective instanceof RewardDifference ? base.rollout() : ode,
                base.signal(),
                objective,
                new GrpoOptions.Updates(
                        2,
                        1,
                        RateSchedule.CONSTANT,
                        3,
                        new AdamW.Options(0.05, 0.9, 0.999, 1e-8, 0, 1),
                        Ema.Options.FLOW_GRPO),
                seed);
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void theMeanMovesToTheRewardsOptimum(Objective objective) {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), options(objective, 1))) {
            double first = trainer.iterate().rewards().mean();
            IterationReport last = null;
            for (int i = 0; i < 60; i++) {
                last = trainer.iterate();
            }
            assertThat(world.distribution(512)[0]).as("mean").isEqualTo(0.8, Offset.offset(0.15));
            assertThat(last.rewards().mean()).isGreaterThan(first + 0.4);
            assertThat(last.metrics()).doesNotContainValue(Double.NaN).doesNotContainValue(Double.POSITIVE_INFINITY);
        }
    }

    /** A strong anchor to the reference leaves the policy where it was, a weak one lets it go. */
    @Test
    void theReferenceHoldsThePolicy() {
        double[] ends = new double[2];
        double[] weights = {0.01, 100};
        for (int i = 0; i < 2; i++) {
            Matching objective = new Matching(
                    new AdvantageWeighted(MatchingLoss.AWM, 0.2),
                    LEVELS,
                    2,
                    List.of(new VelocityAnchor(Frozen.REFERENCE, weights[i], VelocityDistance.UNIFORM)),
                    Optional.empty(),
                    false);
            try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                    GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), options(objective, 1))) {
                for (int k = 0; k < 30; k++) {
                    trainer.iterate();
                }
                ends[i] = world.distribution(512)[0];
            }
        }
        assertThat(ends[0]).isGreaterThan(0.5);
        assertThat(ends[1]).isEqualTo(0, Offset.offset(0.1));
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
        trainer.ema().values().forEach((name, array) -> all.put("ema." + name, list(array)));
        trainer.copy().ifPresent(copy -> copy.values().forEach((name, array) -> all.put("copy." + name, list(array))));
        return all;
    }

    private static List<Float> list(NDArray array) {
        List<Float> list = new ArrayList<>();
        for (float value : array.toFloatArray()) {
            list.add(value);
        }
        return list;
    }

    private static GrpoOptions tiny(Objective objective) {
        GrpoOptions some = TinySd3.options(11);
        boolean steps = objective instanceof RewardDifference;
        return new GrpoOptions(
                GrpoOptions.Batch.of(3, 4, 4),
                steps
                        ? some.rollout()
                        : new GrpoOptions.Rollout(
                                some.rollout().sde(), some.rollout().schedule(), new ExplorationSchedule.None()),
                some.signal(),
                objective,
                some.updates(),
                11);
    }

    private static GrpoTrainer trainer(TinySd3 world, Objective objective) {
        return new GrpoTrainer(world.manager, world.lanes, world.policy, TinySd3.task(), tiny(objective));
    }

    static Stream<Objective> withMemory() {
        return Stream.of(
                awm(new MatchingLikelihood.GeneralisedHuber(0.25)),
                new Matching(
                        new Contrast(1, 5, Contrast.Use.ALL), new NoiseLevels.WholeGrid(), 2, List.of(), SLOW, true),
                new Matching(
                        new PairPreference(20, Frozen.COPY, new Pairing.Extremes()),
                        LEVELS,
                        1,
                        List.of(),
                        Optional.of(new CopyRule.Every(3)),
                        true),
                new RewardDifference(1e-3, 0.05));
    }

    @ParameterizedTest
    @MethodSource("withMemory")
    void aResumedRunEqualsOneThatWasNotStoppedOnAnyNumberOfLanes(Objective objective) throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 2);
        List<Map<String, Double>> whole;
        Map<String, List<Float>> end;
        try (TinySd3 world = new TinySd3(4, 1);
                GrpoTrainer trainer = trainer(world, objective)) {
            whole = iterate(trainer, 4);
            end = everything(trainer);
            assertThat(whole.stream().mapToDouble(m -> m.get("updates")).sum()).isGreaterThan(4);
        }
        List<Map<String, Double>> parts;
        try (TinySd3 world = new TinySd3(4, 3);
                GrpoTrainer trainer = trainer(world, objective)) {
            parts = iterate(trainer, 2);
            checkpoints.save(trainer, RUN);
        }
        try (TinySd3 world = new TinySd3(4, 2);
                GrpoTrainer trainer = trainer(world, objective)) {
            checkpoints.restoreLatest(trainer, RUN);
            parts.addAll(iterate(trainer, 2));
            assertThat(everything(trainer)).isEqualTo(end);
        }
        assertThat(parts).isEqualTo(whole);
    }

    @ParameterizedTest
    @MethodSource("withMemory")
    void anIterationLeavesNoArrayBehind(Objective objective) {
        try (TinySd3 world = new TinySd3(2, 3);
                GrpoTrainer trainer = trainer(world, objective)) {
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

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        assertThatThrownBy(() -> new Matching(
                        new Contrast(1, 5, Contrast.Use.ALL), LEVELS, 1, List.of(), Optional.empty(), true))
                .hasMessageContaining("copy is missing");
        assertThatThrownBy(() -> new Matching(new RewardWeighted(Weighting.BEST, 1), LEVELS, 1, List.of(), SLOW, false))
                .hasMessageContaining("nothing samples with it");
        assertThatThrownBy(() -> with(awm(new MatchingLikelihood.Huber()), new Credit.Gain(), Combination.REWARD_SUM))
                .hasMessageContaining("learns from whole samples");
        assertThatThrownBy(() ->
                        with(matching(new RewardWeighted(Weighting.BEST, 1)), new Credit.Broadcast(), Combination.GDPO))
                .hasMessageContaining("combination (GDPO) makes advantages");
        assertThatThrownBy(() -> new GrpoOptions(
                        GrpoOptions.Batch.of(4, 16, 32),
                        new GrpoOptions.Rollout(
                                new SdeOptions(new SdeRule.Dance(0.3)),
                                GaussianWorld.SCHEDULE,
                                new ExplorationSchedule.None()),
                        GrpoOptions.Signal.FLOW_GRPO,
                        new RewardDifference(1, 1),
                        GrpoOptions.Updates.FLOW_GRPO,
                        1))
                .hasMessageContaining("a step of the ODE has no density");
    }

    private static GrpoOptions with(Objective objective, Credit credit, Combination combination) {
        GrpoOptions base = options(objective, 1);
        GrpoOptions.Signal signal = new GrpoOptions.Signal(credit, GroupAdvantage.FLOW_GRPO, combination, 0, 5, true);
        return new GrpoOptions(base.batch(), base.rollout(), signal, objective, base.updates(), 1);
    }
}
