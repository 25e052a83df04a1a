package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.tensor.Recomputation;
import dev.sluice.sde.KlForm;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Training whose backward passes run the blocks again, against training that keeps the graph of all ({@link Recomputation}). */
class RecomputedTrainingTest {
    private record Run(IterationReport report, Map<String, float[]> learned) {}

    private static Run run(Objective objective, int segments) {
        try (TinySd3 model = new TinySd3(2, 2, segments)) {
            GrpoOptions base = TinySd3.options(7);
            GrpoOptions options = new GrpoOptions(
                    base.batch(), base.rollout(), base.signal(), objective, base.updates(), base.seed());
            try (GrpoTrainer trainer =
                    new GrpoTrainer(model.manager, model.lanes, model.policy, TinySd3.task(), options)) {
                IterationReport report = trainer.iterate();
                Map<String, float[]> learned = new TreeMap<>();
                model.adapter.parameters().forEach((name, array) -> learned.put(name, values(array)));
                return new Run(report, learned);
            }
        }
    }

    private static float[] values(NDArray array) {
        return array.toFloatArray();
    }

    static Stream<Objective> objectives() {
        return Stream.of(
                Objective.flowGrpo(1e-3, 0.01, KlForm.DIFFUSION_ONLY),
                MatchingTrainerTest.awm(new MatchingLikelihood.Huber()),
                new RewardDifference(1e-3, 0.05));
    }

    /** Gradients differ by what another order of adding up rounds; AdamW's division makes little of that more. */
    @ParameterizedTest
    @MethodSource("objectives")
    void theRolloutAndTheRatioAreTheSameAndTheUpdateIsToRounding(Objective objective) {
        Run whole = run(objective, MemoryPolicy.PLAIN.segments());
        Run parts = run(objective, 2);
        assertThat(parts.report().rewards()).isEqualTo(whole.report().rewards());
        assertThat(parts.report().updates().get(0).maxRatioDeviation())
                .isEqualTo(whole.report().updates().get(0).maxRatioDeviation());
        double norm = whole.report().updates().get(0).gradientNorm();
        assertThat(norm).isPositive();
        assertThat(Math.abs(parts.report().updates().get(0).gradientNorm() - norm))
                .isLessThan(1e-5 * norm);
        whole.learned().forEach((name, values) -> {
            float[] again = parts.learned().get(name);
            for (int i = 0; i < values.length; i++) {
                assertThat(again[i]).as(name).isCloseTo(values[i], Offset.offset(3e-5f));
            }
        });
    }
}
