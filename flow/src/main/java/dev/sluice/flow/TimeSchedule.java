package dev.sluice.flow;

import dev.sluice.flow.tensor.Require;
import java.util.Arrays;
import java.util.List;

/**
 * A grid of noise levels, strictly decreasing from (about) 1, pure noise, to exactly 0, data. Step k of a sampler goes from
 * {@code sigma(k)} to {@code sigma(k + 1)}.
 *
 * <p>A diffusers folder's own grid is made by {@link Scheduler}.
 */
public sealed interface TimeSchedule permits TimeSchedule.Uniform, TimeSchedule.Shifted, TimeSchedule.Explicit {
    /** Returns the number of steps, N ≥ 1; the grid has N + 1 levels. */
    int steps();

    /**
     * Returns σ_k.
     *
     * @param index k in [0, N]; σ_N is 0
     */
    double sigma(int index);

    /** Returns the whole grid, N + 1 levels; a new array. */
    default double[] sigmas() {
        double[] grid = new double[steps() + 1];
        Arrays.setAll(grid, this::sigma);
        return grid;
    }

    /** Returns the length of step k, h = σ_k − σ_{k+1}, above 0. */
    default double length(int step) {
        return sigma(step) - sigma(step + 1);
    }

    /**
     * Returns the level at a place between two of the grid: σ_k at place k, and between them a fraction of linear functions
     * through three neighbouring levels, which is the grid's own function if it is φ_a of evenly spaced levels, for every a.
     *
     * @param place in [0, N]
     */
    default double between(double place) {
        Require.within("place", place, 0, steps());
        int nearest = (int) Math.rint(place);
        if (place == nearest) {
            return sigma(nearest);
        }
        if (steps() == 1) {
            return sigma(0) + place * (sigma(1) - sigma(0));
        }
        int first = Math.max(0, (int) place - 1);
        double way = place - first;
        double before = (2 - way) * length(first + 1);
        double after = way * length(first);
        return (before * sigma(first) + after * sigma(first + 2)) / (before + after);
    }

    /**
     * Returns φ_a(u) = a·u / (1 + (a − 1)·u), which moves levels towards noise for a above 1. φ_1 is the identity,
     * φ_a(φ_b(u)) = φ_ab(u), and 0 and 1 stay where they are.
     *
     * @param sigma u in [0, 1]
     * @param shift a, above 0
     */
    static double shifted(double sigma, double shift) {
        // In this form φ(1) is exactly 1 for every shift.
        return shift * sigma / (shift * sigma + (1 - sigma));
    }

    /** The grid σ_k = 1 − k/N. */
    record Uniform(int steps) implements TimeSchedule {
        public Uniform {
            Require.atLeast("steps", steps, 1);
        }

        @Override
        public double sigma(int index) {
            return (double) (steps - checked(index, steps)) / steps;
        }
    }

    /**
     * The uniform grid under the shift map: σ_k = φ_shift(1 − k/N).
     *
     * <p>Source: DanceGRPO (2025), arXiv:2505.07818, with shift 3 for FLUX and 5 for HunyuanVideo. Not the grid that
     * diffusers gives SD3 (see {@link Scheduler.FlowMatchEuler}), which shifts twice.
     */
    record Shifted(int steps, double shift) implements TimeSchedule {
        public Shifted {
            Require.atLeast("steps", steps, 1);
            Require.positive("shift", shift);
        }

        @Override
        public double sigma(int index) {
            return shifted((double) (steps - checked(index, steps)) / steps, shift);
        }
    }

    /**
     * A grid given level by level.
     *
     * @param levels strictly decreasing, the first at most 1, the last exactly 0; at least two
     */
    record Explicit(List<Double> levels) implements TimeSchedule {
        public Explicit {
            levels = List.copyOf(levels);
            Require.atLeast("the number of levels", levels.size(), 2);
            if (!(levels.get(0) <= 1)) {
                throw new IllegalArgumentException(
                        "sigma[0] (%s) must be at most 1, which is pure noise.".formatted(levels.get(0)));
            }
            for (int k = 1; k < levels.size(); k++) {
                if (!(levels.get(k) < levels.get(k - 1))) {
                    throw new IllegalArgumentException("sigma[%s] (%s) must be less than sigma[%s] (%s)."
                            .formatted(k, levels.get(k), k - 1, levels.get(k - 1)));
                }
            }
            double last = levels.get(levels.size() - 1);
            if (last != 0) {
                throw new IllegalArgumentException(
                        "The last sigma (%s) must be 0, which is data.%nMaybe append 0.".formatted(last));
            }
        }

        @Override
        public int steps() {
            return levels.size() - 1;
        }

        @Override
        public double sigma(int index) {
            return levels.get(checked(index, steps()));
        }
    }

    /** Returns the grid of the given levels; see {@link Explicit}. */
    static TimeSchedule of(double... levels) {
        return new Explicit(Arrays.stream(levels).boxed().toList());
    }

    private static int checked(int index, int steps) {
        if (index < 0 || index > steps) {
            throw new IllegalArgumentException("index (%s) must be in [0, %s].".formatted(index, steps));
        }
        return index;
    }
}
