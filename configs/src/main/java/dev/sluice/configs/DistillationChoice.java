package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.flow.AdamW;
import dev.sluice.grpo.Distillation;
import dev.sluice.grpo.GrpoOptions;
import java.util.Optional;

/**
 * Re-DMD: a student of few steps, {@code sampling.steps}, matches the distribution of its teacher, the better samples more.
 *
 * @param beta how much the reward counts; 0 for plain distribution matching
 * @param levels the levels of noise at which the distributions are compared
 * @param guidance the teacher's classifier-free guidance; 1 is none
 * @param criticUpdates updates of the critic in an iteration
 * @param criticLearningRate the critic's step size
 */
@Variant(
        value = "re-dmd",
        lacks = {"ratio", "clipRange", "stepWeight", "stepFraction", "klWeight", "klForm", "anchors", "draws", "copy"},
        because =
                "it matches distributions of finished predictions and has no importance ratio; the teacher is its anchor")
public record DistillationChoice(
        @Within(least = 0, most = 1000) double beta,
        LevelsChoice levels,
        @Within(least = 0, most = 100) double guidance,
        @Within(least = 1, most = 1000) int criticUpdates,
        @Within(above = 0) double criticLearningRate)
        implements ObjectiveChoice {
    @Override
    public Distillation objective(double advantageLimit) {
        return new Distillation(
                beta,
                levels.levels(),
                new Distillation.Critic(criticUpdates, new AdamW.Options(criticLearningRate, 0, 0.999, 1e-8, 1e-4, 1)));
    }

    @Override
    public Optional<Double> teacherGuidance() {
        return Optional.of(guidance);
    }

    /** The student learns each sample once, the critic too; the student's prediction, the critic and the teacher look at it. */
    @Override
    public Passes passes(GrpoOptions.Batch batch, GrpoOptions.Updates updates, int stochasticSteps) {
        long student = (long) batch.samples() * updates.innerEpochs();
        return new Passes(student + batch.samples(), batch.samples() + 2 * student);
    }
}
