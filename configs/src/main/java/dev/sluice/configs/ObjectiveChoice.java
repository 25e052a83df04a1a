package dev.sluice.configs;

import dev.sluice.grpo.GrpoOptions;
import dev.sluice.grpo.Objective;
import java.util.Optional;

/** What an update minimises, one of several kinds, of which each has keys of its own. */
public sealed interface ObjectiveChoice
        permits GradientChoice,
                AwmChoice,
                NftChoice,
                WeightedChoice.Rwr,
                WeightedChoice.Rft,
                PreferenceChoice.Dpo,
                PreferenceChoice.Dgpo,
                PreferenceChoice.Dragon,
                PrdpChoice,
                DistillationChoice,
                ActorCriticChoice {
    /**
     * Returns the trainer's objective.
     *
     * @param advantageLimit what advantages are cut to
     */
    Objective objective(double advantageLimit);

    /**
     * Returns what an iteration's updates cost.
     *
     * @param stochasticSteps of a rollout
     */
    Passes passes(GrpoOptions.Batch batch, GrpoOptions.Updates updates, int stochasticSteps);

    /** Returns the teacher's guidance, where it is another than that of the rollout. */
    default Optional<Double> teacherGuidance() {
        return Optional.empty();
    }

    /**
     * Passes of one picture through the network in the updates of an iteration, without guidance.
     *
     * @param learned forward and back
     * @param frozen forward alone
     */
    record Passes(long learned, long frozen) {}
}
