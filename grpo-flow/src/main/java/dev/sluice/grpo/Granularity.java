package dev.sluice.grpo;

import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.NoiseSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Several looks at one noise: what the ODE makes of the state after it on the grid itself, and on coarser ones.
 *
 * <p>Source: G²RPO (2025), arXiv:2510.01982, {@code fastvideo/train_g2rpo_hps.py}. Differs: a coarse grid that would miss σ = 0
 * has it as its end; the source takes the data predicted last.
 */
final class Granularity {
    private Granularity() {}

    /**
     * Returns the levels of a coarse completion: those of the state and of the next one, then every {@code granularity}-th, and 0.
     *
     * @param schedule the rollout's grid
     * @param state number of the state, in [0, N)
     * @param granularity at least 1; 1 gives the rest of the grid
     */
    static TimeSchedule levels(TimeSchedule schedule, int state, int granularity) {
        List<Double> levels = new ArrayList<>(List.of(schedule.sigma(state)));
        int steps = schedule.steps();
        for (int at = state + 1; at < steps; at += granularity) {
            levels.add(schedule.sigma(at));
        }
        levels.add(schedule.sigma(steps));
        return new TimeSchedule.Explicit(levels);
    }

    /** Refuses granularities that are none, and what they have no meaning with. */
    static void check(List<Integer> granularities, Credit credit, int history) {
        int before = 0;
        for (int granularity : granularities) {
            if (granularity <= before) {
                throw new IllegalArgumentException(
                        "granularities (%s) must be whole numbers that rise.".formatted(granularities));
            }
            before = granularity;
        }
        if (granularities.isEmpty() || granularities.get(0) != 1) {
            throw new IllegalArgumentException(
                    "granularities (%s) must begin with 1, the sample itself.".formatted(granularities));
        }
        if (granularities.size() > 1 && (credit.needsStates() || history > 0)) {
            throw new IllegalArgumentException(
                    "granularities (%s) must be [1] with credit for single steps or past samples, because every granularity has an outcome of its own and nothing else."
                            .formatted(granularities));
        }
    }

    /** Refuses rollouts in which samples differ by more than one noise. */
    static void check(GrpoOptions.Batch batch, GrpoOptions.Rollout rollout) {
        int stochastic = rollout.exploration()
                .steps(rollout.schedule().steps(), 0, NoiseSource.of(0))
                .size();
        if (stochastic != 1 || !batch.sharedNoise()) {
            throw new IllegalArgumentException(
                    "Several granularities need rollouts with one stochastic step and one initial noise in a group, because all of the reward must be that step's.%nMaybe take singular steps, and set sharedNoise."
                            .formatted());
        }
    }
}
