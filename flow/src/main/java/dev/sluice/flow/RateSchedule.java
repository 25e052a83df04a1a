package dev.sluice.flow;

import dev.sluice.flow.tensor.Require;

/**
 * How the learning rate changes with the updates: a linear rise, then half a cosine down, then constant.
 *
 * @param warmUp updates until the highest rate; 0 for none
 * @param decay updates from the highest rate to the lowest; 0 for none
 * @param last the lowest rate as a share of the highest, in [0, 1]
 */
public record RateSchedule(int warmUp, int decay, double last) {
    /** The same rate always. */
    public static final RateSchedule CONSTANT = new RateSchedule(0, 0, 1);

    public RateSchedule {
        Require.atLeast("warmUp", warmUp, 0);
        Require.atLeast("decay", decay, 0);
        Require.within("last", last, 0, 1);
    }

    /** Returns the share of the highest rate at an update, counted from 0. */
    public double share(long update) {
        if (update < warmUp) {
            return (update + 1.0) / warmUp;
        }
        if (decay == 0) {
            return 1;
        }
        double done = Math.min(1, (double) (update - warmUp) / decay);
        return last + (1 - last) * 0.5 * (1 + Math.cos(Math.PI * done));
    }
}
