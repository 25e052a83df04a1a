package dev.sluice.sde;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/**
 * A stochastic step of a rollout, as training needs it.
 *
 * @param step k, its place on the grid
 * @param std s, the standard deviation of its noise
 * @param latents x_k, shape (B, ...); the {@code next} of the step before is the same array where that one is stored too
 * @param next x_{k+1}, same shape
 * @param logProb the log-probability under the weights of the rollout, shape (B), float32
 * @param mean μ under those weights, if the sampler keeps means
 */
public record StoredStep(
        int step, double std, NDArray latents, NDArray next, NDArray logProb, Optional<NDArray> mean) {}
