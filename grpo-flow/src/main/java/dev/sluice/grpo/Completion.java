package dev.sluice.grpo;

import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.Require;
import java.util.ArrayList;
import java.util.List;

/**
 * The levels on which the ODE completes a state along the way, so that a reward can judge it.
 *
 * <p>Source: DenseGRPO (2026), arXiv:2601.20218, which compares one step, two and all; one step is the data that the state's
 * velocity predicts.
 *
 * @param steps of the completion, at places of the rollout's grid as evenly apart as it has them; 0, or as many as are left,
 *     for the rest of the grid itself
 */
public record Completion(int steps) {
    /** The rest of the grid. */
    public static final Completion WHOLE = new Completion(0);

    public Completion {
        Require.atLeast("steps", steps, 0);
    }

    /**
     * Returns the levels from a state on.
     *
     * @param schedule the rollout's grid
     * @param state number of the state, in [0, N)
     */
    TimeSchedule from(TimeSchedule schedule, int state) {
        int left = schedule.steps() - state;
        int taken = steps == 0 ? left : Math.min(steps, left);
        List<Double> levels = new ArrayList<>();
        for (int j = 0; j <= taken; j++) {
            levels.add(schedule.sigma(state + Math.round((float) j * left / taken)));
        }
        return new TimeSchedule.Explicit(levels);
    }
}
