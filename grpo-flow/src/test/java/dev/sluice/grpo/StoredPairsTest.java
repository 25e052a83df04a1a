package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Ema;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Learning from pairs that were stored, and making them. */
class StoredPairsTest {
    private static final double PREFERRED = 0.6;

    /** Pairs around 0.6 and −0.6; that of one prompt cannot be read. */
    private static final StoredPairs PAIRS = (owner, prompt, preferred) -> {
        if (!preferred && prompt.text().equals("prompt 3")) {
            throw new IOException("pair 3 is broken");
        }
        float[] noise =
                NoiseSource.of(prompt.text().hashCode(), preferred ? 1 : 0).gaussian(GaussianWorld.SIZE);
        NDArray spread = Torch.scaled(owner.create(noise, new Shape(GaussianWorld.SIZE)), 0.3);
        return spread.add((float) (preferred ? PREFERRED : -PREFERRED));
    };

    private static final GrpoOptions.Rollout STORED = new GrpoOptions.Rollout(
                    new SdeOptions(new SdeRule.Dance(0)), GaussianWorld.SCHEDULE, new ExplorationSchedule.None())
            .ofStored();

    private static Matching matching(SampleLoss loss) {
        return new Matching(loss, new NoiseLevels.LogitNormal(1), 4, List.of(), Optional.empty(), false);
    }

    private static Matching dpo() {
        return matching(new PairPreference(5, Frozen.REFERENCE, new Pairing.Extremes()));
    }

    private static GrpoOptions options(GrpoOptions.Batch batch, Objective objective) {
        return new GrpoOptions(
                batch,
                STORED,
                GrpoOptions.Signal.FLOW_GRPO,
                objective,
                new GrpoOptions.Updates(
                        1,
                        1,
                        RateSchedule.CONSTANT,
                        3,
                        new AdamW.Options(0.02, 0.9, 0.999, 1e-8, 0, 1),
                        Ema.Options.FLOW_GRPO),
                1);
    }

    private static AlignmentTask task() {
        return GaussianWorld.task(samples -> {
                    throw new AssertionError("nothing is scored");
                })
                .withStored(PAIRS);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void thePolicyMovesToThePreferredSamplesAndNothingIsSampledOrScored(boolean preference) {
        Matching objective = preference ? dpo() : matching(new RewardWeighted(RewardWeighted.Weighting.BEST, 1));
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager,
                        world.lanes,
                        world.policy,
                        task(),
                        options(GrpoOptions.Batch.of(5, 2, 5), objective))) {
            IterationReport first = trainer.iterate();
            assertThat(first.skipped().samples()).as("the broken one").isEqualTo(1);
            assertThat(first.skipped().reason()).isEqualTo("pair 3 is broken");
            if (preference) {
                assertThat(first.updates().get(0).loss())
                        .as("at the reference")
                        .isEqualTo(Math.log(2), Offset.offset(1e-6));
            }
            for (int i = 0; i < 60; i++) {
                trainer.iterate();
            }
            assertThat(world.distribution(256)[0]).isBetween(0.2, preference ? 2.0 : 0.8);
        }
    }

    @Test
    void whatStoredPairsHaveNoMeaningWithIsRefused() {
        assertThatThrownBy(() -> options(GrpoOptions.Batch.of(2, 4, 4), dpo()))
                .hasMessageContaining("groupSize (4) must be 2 with stored pairs");
        assertThatThrownBy(() -> options(new GrpoOptions.Batch(2, 2, 4, false, true, List.of()), dpo()))
                .hasMessageContaining("mergeEqualPrompts (true) must be false");
        assertThatThrownBy(() -> options(
                        GrpoOptions.Batch.of(2, 2, 4),
                        new Matching(
                                new PairPreference(5, Frozen.COPY, new Pairing.Extremes()),
                                new NoiseLevels.WholeGrid(),
                                1,
                                List.of(),
                                Optional.of(new CopyRule.Every(3)),
                                true)))
                .hasMessageContaining("copy must go with stored pairs");
        assertThatThrownBy(() -> options(GrpoOptions.Batch.of(2, 2, 4), new RewardDifference(1, 1)))
                .hasMessageContaining("a step of the ODE has no density");
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0)) {
            assertThatThrownBy(() ->
                            world.trainer(GaussianWorld.nearness(0), options(GrpoOptions.Batch.of(2, 2, 4), dpo())))
                    .hasMessageContaining("the task has none");
        }
    }

    @Test
    void aCollectionKeepsTheBestAndTheWorstOfEveryGroup() {
        List<PairCollection.Pair> pairs = new ArrayList<>();
        List<PairCollection.Pair> again = new ArrayList<>();
        GrpoOptions options = GaussianWorld.options(0.1, Objective.flowGrpo(0.1, 0, KlForm.EXACT), 7);
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0)) {
            PairCollection collection = new PairCollection(
                    world.manager, world.lanes, world.policy, GaussianWorld.task(GaussianWorld.nearness(0.8)));
            collection.run(options, 2, (round, made) -> pairs.addAll(made));
            collection.run(options, 2, (round, made) -> again.addAll(made));
            assertThat(world.theta()).containsExactly(0, 0);
        }
        assertThat(pairs).hasSize(8);
        for (int i = 0; i < pairs.size(); i++) {
            PairCollection.Pair pair = pairs.get(i);
            assertThat(pair.better()).isGreaterThan(pair.worse());
            assertThat(reward(GaussianWorld.values(pair.preferred()))).isEqualTo(pair.better(), Offset.offset(1e-5));
            assertThat(reward(GaussianWorld.values(pair.rejected()))).isEqualTo(pair.worse(), Offset.offset(1e-5));
            assertThat(again.get(i).preferred().rgb())
                    .containsExactly(pair.preferred().rgb());
        }
    }

    private static double reward(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum -= (value - 0.8) * (value - 0.8) / values.length;
        }
        return sum;
    }
}
