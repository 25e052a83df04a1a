package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Transition;

/** How the importance ratio of a step is measured; the trainer takes its logarithm, ℓ. */
public sealed interface RatioRule permits RatioRule.Plain {
    /**
     * Returns ℓ of every sample, shape (B); gradients flow through {@code now}, whose manager owns the result.
     *
     * @param now the step under the present weights
     * @param stored the step as the rollout recorded it
     */
    NDArray logRatio(Transition now, StoredStep stored);

    /** ℓ = log π(x_{k+1} | x_k) − log π_old(x_{k+1} | x_k), both means per latent element. */
    record Plain() implements RatioRule {
        @Override
        public NDArray logRatio(Transition now, StoredStep stored) {
            return now.logProb().sub(stored.logProb());
        }
    }
}
