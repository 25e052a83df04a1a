package dev.sluice.cli.internal.compare;

import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What progress can be counted in. */
public enum Axis {
    /** Iterations that are done. */
    ITERATIONS(Cost::iterations),
    /** Optimiser steps that were applied. */
    UPDATES(Cost::updates),
    /** Samples that were rolled out. */
    SAMPLES(Cost::samples),
    /** Passes of one sample through the network, in rollouts and updates. */
    PASSES(Cost::passes),
    /** Seconds of the iterations; tests do not count. */
    SECONDS(Cost::seconds);

    @SuppressWarnings("ImmutableEnumChecker") // accessors of a record have no state
    private final ToDoubleFunction<Cost> count;

    Axis(ToDoubleFunction<Cost> count) {
        this.count = count;
    }

    /** Returns the count; NaN if the run did not write it down. */
    public double of(Cost cost) {
        return count.applyAsDouble(cost);
    }

    /** Returns the word for tables and axes. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
