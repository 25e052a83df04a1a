package dev.sluice.flow;

/**
 * The arithmetic of one evaluation of a model, counted from its sizes: two operations for each multiply-add of a matrix
 * product, and nothing for elementwise work.
 *
 * @param forward operations of the forward pass of one sample
 * @param backward operations of its backward pass: towards every input that something trained lies behind, and for every
 *     trained weight; recomputation counts as nothing
 */
public record ModelWork(double forward, double backward) {
    /** Returns both passes. */
    public double total() {
        return forward + backward;
    }
}
