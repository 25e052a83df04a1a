package dev.sluice.sde;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** Where the noise of a rollout's stochastic steps comes from. */
@FunctionalInterface
public interface StepNoise {
    /**
     * Returns the noise of one step.
     *
     * @param owner the manager of the result
     * @param shape shape of the batch, (B, ...)
     * @param step k in [0, N)
     * @return standard normal noise, float32
     */
    NDArray draw(NDManager owner, Shape shape, int step);
}
