package dev.sluice.sde;

import dev.sluice.flow.StepListener;
import java.util.List;

/**
 * What one rollout does at each step.
 *
 * @param stochasticSteps the steps that add noise and are kept for training, rising, without the last; others follow the ODE
 * @param noise the noise of those steps
 * @param listener hears of every step
 * @param guide moves where the stochastic steps land
 */
public record RolloutPlan(List<Integer> stochasticSteps, StepNoise noise, StepListener listener, DriftGuide guide) {
    public RolloutPlan {
        stochasticSteps = List.copyOf(stochasticSteps);
    }

    /** A plan without a guide. */
    public RolloutPlan(List<Integer> stochasticSteps, StepNoise noise, StepListener listener) {
        this(stochasticSteps, noise, listener, DriftGuide.NONE);
    }

    /** A plan that nobody listens to. */
    public static RolloutPlan of(List<Integer> stochasticSteps, StepNoise noise) {
        return new RolloutPlan(stochasticSteps, noise, StepListener.NONE);
    }

    /** Returns this plan with a guide. */
    public RolloutPlan guidedBy(DriftGuide other) {
        return new RolloutPlan(stochasticSteps, noise, listener, other);
    }

    /** Refuses steps that do not rise or do not lie in [0, steps − 2]. */
    static void check(List<Integer> stochasticSteps, int steps) {
        int before = -1;
        for (int step : stochasticSteps) {
            if (step <= before || step > steps - 2) {
                throw new IllegalArgumentException(
                        "stochasticSteps (%s) must rise and lie in [0, %s], because the last of %s steps is not trained."
                                .formatted(stochasticSteps, steps - 2, steps));
            }
            before = step;
        }
    }
}
