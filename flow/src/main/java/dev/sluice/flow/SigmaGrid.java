package dev.sluice.flow;

import java.util.Arrays;
import java.util.OptionalDouble;

/** The arithmetic of grids, in double precision. */
final class SigmaGrid {
    private static final double KARRAS_RHO = 7;

    private static final double BETA_SHAPE = 0.6;

    private SigmaGrid() {}

    /** Returns {@code count} evenly spaced numbers from {@code first} to {@code last}; one number is {@code first}. */
    static double[] linear(double first, double last, int count) {
        double[] values = new double[count];
        for (int k = 0; k < count; k++) {
            values[k] = k == 0 ? first : first + (last - first) * k / (count - 1);
        }
        return values;
    }

    /** Returns the levels after shift, stretch and rearrangement, with 0 appended. */
    static double[] shiftedAndSpaced(double[] base, double shift, OptionalDouble terminal, Scheduler.Spacing spacing) {
        double[] levels =
                Arrays.stream(base).map(u -> TimeSchedule.shifted(u, shift)).toArray();
        if (terminal.isPresent()) {
            stretch(levels, terminal.getAsDouble());
        }
        return Arrays.copyOf(spaced(levels, spacing), levels.length + 1);
    }

    /** Makes the last level equal {@code terminal} and keeps 1 in its place. */
    private static void stretch(double[] levels, double terminal) {
        double scale = (1 - levels[levels.length - 1]) / (1 - terminal);
        if (!(scale > 0)) {
            throw new IllegalArgumentException(
                    "steps (%s) must be at least 2, because shift_terminal fixes the last level."
                            .formatted(levels.length));
        }
        for (int k = 0; k < levels.length; k++) {
            levels[k] = 1 - (1 - levels[k]) / scale;
        }
    }

    private static double[] spaced(double[] levels, Scheduler.Spacing spacing) {
        double most = levels[0];
        double least = levels[levels.length - 1];
        double[] ramp = linear(0, 1, levels.length);
        return switch (spacing) {
            case PLAIN -> levels;
            case KARRAS -> {
                double from = Math.pow(most, 1 / KARRAS_RHO);
                double to = Math.pow(least, 1 / KARRAS_RHO);
                yield Arrays.stream(ramp)
                        .map(r -> Math.pow(from + r * (to - from), KARRAS_RHO))
                        .toArray();
            }
            case EXPONENTIAL ->
                Arrays.stream(linear(Math.log(most), Math.log(least), levels.length))
                        .map(Math::exp)
                        .toArray();
            case BETA ->
                Arrays.stream(ramp)
                        .map(r -> least + BetaQuantile.symmetric(1 - r, BETA_SHAPE) * (most - least))
                        .toArray();
        };
    }
}
