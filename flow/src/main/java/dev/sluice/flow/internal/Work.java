package dev.sluice.flow.internal;

import dev.sluice.flow.ModelWork;
import java.util.function.Predicate;

/** Adds up the matrix products of a network that is walked layer by layer; see {@link ModelWork}. */
final class Work {
    static final int TIME_FEATURES = 256;

    private final Predicate<String> trained;
    private final long width;
    private double forward;
    private double backward;

    /**
     * Starts at nothing.
     *
     * @param trained tells whether a layer, by its name without {@code .weight}, has a gradient
     * @param width of the attention's queries, keys and values
     */
    Work(Predicate<String> trained, long width) {
        this.trained = trained;
        this.width = width;
    }

    ModelWork total() {
        return new ModelWork(forward, backward);
    }

    /** Counts rows·in·out multiply-adds; returns whether a gradient passes through the result. */
    boolean linear(String layer, long rows, long in, long out, boolean inputHasGradient) {
        boolean weightHasGradient = trained.test(layer);
        double work = 2.0 * rows * in * out;
        forward += work;
        backward += work * ((weightHasGradient ? 1 : 0) + (inputHasGradient ? 1 : 0));
        return weightHasGradient || inputHasGradient;
    }

    /** Counts a layer from the network's width to the same. */
    boolean square(String layer, long rows, boolean input) {
        return linear(layer, rows, width, width, input);
    }

    /** Counts the two products of an attention. */
    boolean attention(long queries, long keys, boolean q, boolean k, boolean v) {
        double work = 2.0 * queries * keys * width;
        forward += 2 * work;
        boolean scores = q || k;
        backward += work * ((q ? 1 : 0) + (k ? 1 : 0) + (v ? 1 : 0) + (scores ? 1 : 0));
        return scores || v;
    }

    /** Counts the two layers of a block's {@code ff}. */
    boolean feedForward(String layer, long rows, long inner, boolean input) {
        boolean hidden = linear(layer + ".net.0.proj", rows, width, inner, input);
        return linear(layer + ".net.2", rows, inner, width, hidden);
    }

    /** Counts the two layers that embed a time or a pooled text. */
    boolean embedder(String layer, long in) {
        return square(layer + ".linear_2", 1, linear(layer + ".linear_1", 1, in, width, false));
    }
}
