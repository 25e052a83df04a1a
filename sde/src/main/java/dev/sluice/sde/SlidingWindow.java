package dev.sluice.sde;

import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Require;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A window that moves from high to low noise as training proceeds, and back to where it began when it has come to the end: the
 * steps l to min(l + size, to) − 1 for τ(l) iterations, then those from l + stride, with τ(l) = ⌈τ₀·exp(−k·max(0, l − l₀))⌉.
 * The last windows of a round may be shorter.
 *
 * <p>Source: MixGRPO (2025), arXiv:2507.21802, {@code fastvideo/utils/grpo_states.py}. Differs: it turns back before the window
 * is empty; the source then trains nothing for τ iterations.
 *
 * @param size w, at least 1; published as 4
 * @param from where it begins
 * @param to one past the last step that it may hold; at most N − 1; published as N − 2
 * @param stride steps that it moves at a time, at least 1; published as 1
 * @param dwell how long it stays
 */
public record SlidingWindow(int size, int from, int to, int stride, Dwell dwell) implements ExplorationSchedule {
    /**
     * Iterations that a window stays where it is.
     *
     * @param iterations τ₀, at least 1; published as 25
     * @param decay k, at least 0: how much shorter it stays with every step; 0 for the same time everywhere
     * @param after l₀: windows that begin no later stay the whole time
     */
    public record Dwell(int iterations, double decay, int after) {
        public Dwell {
            Require.atLeast("iterations", iterations, 1);
            Require.notNegative("decay", decay);
            Require.atLeast("after", after, 0);
        }

        /** Returns the same time everywhere. */
        public static Dwell constant(int iterations) {
            return new Dwell(iterations, 0, 0);
        }

        int at(int start) {
            return (int) Math.ceil(iterations * Math.exp(-decay * Math.max(0, start - after)));
        }
    }

    public SlidingWindow {
        Require.atLeast("size", size, 1);
        Require.atLeast("from", from, 0);
        Require.atLeast("stride", stride, 1);
        if (to <= from) {
            throw new IllegalArgumentException("to (%s) must be above from (%s).".formatted(to, from));
        }
    }

    @Override
    public List<Integer> steps(int steps, long iteration, NoiseSource random) {
        ExplorationSchedule.requireTrainable(to, steps);
        long left = iteration % round();
        int start = from;
        while (left >= dwell.at(start)) {
            left -= dwell.at(start);
            start += stride;
        }
        return IntStream.range(start, Math.min(start + size, to)).boxed().toList();
    }

    /** Returns the iterations until the window is where it began. */
    private long round() {
        long sum = 0;
        for (int start = from; start < to; start += stride) {
            sum += dwell.at(start);
        }
        return sum;
    }
}
