package dev.sluice.sde;

import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Require;
import java.util.List;
import java.util.stream.IntStream;

/** Which steps of a rollout are stochastic, and so have a density. The last step never is. */
public sealed interface ExplorationSchedule
        permits ExplorationSchedule.None,
                ExplorationSchedule.AllButLast,
                ExplorationSchedule.RandomWindow,
                SlidingWindow,
                ExplorationSchedule.Singular,
                ExplorationSchedule.Listed {
    /**
     * Returns the stochastic steps of one rollout, rising.
     *
     * @param steps N, all steps of the grid
     * @param iteration of the run, counted from 0
     * @param random decides where there is something to decide; the same source gives the same steps
     */
    List<Integer> steps(int steps, long iteration, NoiseSource random);

    /** Refuses a window that reaches into the last step. */
    static void requireTrainable(int to, int steps) {
        if (to > steps - 1) {
            throw new IllegalArgumentException(
                    "to (%s) must be at most %s, because the last of %s steps is not trained."
                            .formatted(to, steps - 1, steps));
        }
    }

    /** None: samples follow the ODE, for objectives that learn from finished samples. */
    record None() implements ExplorationSchedule {
        @Override
        public List<Integer> steps(int steps, long iteration, NoiseSource random) {
            return List.of();
        }
    }

    /** Steps 0 to N − 2 (Flow-GRPO, DanceGRPO). */
    record AllButLast() implements ExplorationSchedule {
        @Override
        public List<Integer> steps(int steps, long iteration, NoiseSource random) {
            return IntStream.range(0, steps - 1).boxed().toList();
        }
    }

    /**
     * A window of {@code size} steps that starts anywhere with its whole length in [from, to): Flow-GRPO-Fast with size 2 or
     * 3 in the first half, TP-GRPO with all but the last.
     *
     * @param size at least 1
     * @param from first step the window may hold
     * @param to one past the last step the window may hold; at most N − 1
     */
    record RandomWindow(int size, int from, int to) implements ExplorationSchedule {
        public RandomWindow {
            Require.atLeast("size", size, 1);
            Require.atLeast("from", from, 0);
            if (to - from < size) {
                throw new IllegalArgumentException(
                        "size (%s) must be at most to - from (%s).".formatted(size, to - from));
            }
        }

        @Override
        public List<Integer> steps(int steps, long iteration, NoiseSource random) {
            requireTrainable(to, steps);
            int start = from + random.uniform(to - from - size + 1);
            return IntStream.range(start, start + size).boxed().toList();
        }
    }

    /**
     * One stochastic step in a rollout, each of the list in its turn from iteration to iteration. Where the samples of a group
     * share their initial noise, they differ by this one noise alone, so that the reward is its own: G²RPO's singular sampling.
     *
     * <p>Source: G²RPO (2025), arXiv:2510.01982. Differs: one step an iteration, with an update of its own; the source goes
     * through the list within an iteration.
     *
     * @param list each in [0, N − 2], at least one
     */
    record Singular(List<Integer> list) implements ExplorationSchedule {
        public Singular {
            list = List.copyOf(list);
            if (list.isEmpty()) {
                throw new IllegalArgumentException("list ([]) must hold at least one step.");
            }
        }

        @Override
        public List<Integer> steps(int steps, long iteration, NoiseSource random) {
            for (int step : list) {
                RolloutPlan.check(List.of(step), steps);
            }
            return List.of(list.get((int) (iteration % list.size())));
        }
    }

    /**
     * Steps that are always the same.
     *
     * @param list rising, each in [0, N − 2]
     */
    record Listed(List<Integer> list) implements ExplorationSchedule {
        public Listed {
            list = List.copyOf(list);
        }

        @Override
        public List<Integer> steps(int steps, long iteration, NoiseSource random) {
            RolloutPlan.check(list, steps);
            return list;
        }
    }
}
