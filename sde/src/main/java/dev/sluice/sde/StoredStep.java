package dev.sluice.sde;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.Torch;
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
 * @param led μ and what a guide added to it, if one led the step
 * @param past ẑ_before, the data that the step before predicted, if μ looks back at it
 */
public record StoredStep(
        int step,
        double std,
        NDArray latents,
        NDArray next,
        NDArray logProb,
        Optional<NDArray> mean,
        Optional<NDArray> led,
        Optional<NDArray> past) {
    /** A step that nothing led, and that knows nothing of the one before. */
    public StoredStep(int step, double std, NDArray latents, NDArray next, NDArray logProb, Optional<NDArray> mean) {
        this(step, std, latents, next, logProb, mean, Optional.empty(), Optional.empty());
    }

    /**
     * Returns the same values as arrays of another manager, which share their memory: what is computed from them then belongs to
     * {@code owner}, and steps that have an array in common can be replayed at the same time.
     */
    public StoredStep aliases(NDManager owner) {
        return new StoredStep(
                step,
                std,
                alias(owner, latents),
                alias(owner, next),
                alias(owner, logProb),
                mean.map(array -> alias(owner, array)),
                led.map(array -> alias(owner, array)),
                past.map(array -> alias(owner, array)));
    }

    private static NDArray alias(NDManager owner, NDArray array) {
        NDArray alias = Torch.detached(array);
        alias.attach(owner);
        return alias;
    }
}
