package dev.sluice.sde;

import ai.djl.ndarray.NDArray;

/**
 * One stochastic step of a batch.
 *
 * @param next x', shape (B, ...); in a replay the array that was passed in
 * @param mean μ, same shape
 * @param std s, the standard deviation of the noise
 * @param logProb the log-probability of {@code next}, a mean per element, float32, shape (B)
 */
public record Transition(NDArray next, NDArray mean, double std, NDArray logProb) {}
