package dev.sluice.sde;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;

/** How the log-probability of a step is computed: a mean per latent element, float32, shape (B). */
public enum Likelihood {
    /**
     * The log-density of N(μ, s²) divided by the number of elements: mean[−(x' − μ)²/(2s²)] − ln s − ½·ln 2π. Nearly all
     * published clip ranges belong to it.
     */
    GAUSSIAN_MEAN {
        @Override
        NDArray logProb(NDArray mean, NDArray next, GaussianStep step) {
            if (!step.stochastic()) {
                throw new IllegalArgumentException(
                        "The step from sigma %s to %s adds no noise, so it has no log-probability.%nMaybe leave it out of the stochastic steps."
                                .formatted(step.sigma(), step.next()));
            }
            double scale = -0.5 / (step.std() * step.std());
            double constant = -Math.log(step.std()) - 0.5 * Math.log(2 * Math.PI);
            try (NDArray distance = distance(mean, next);
                    NDArray scaled = Torch.scaled(distance, scale)) {
                return scaled.add(constant);
            }
        }
    },
    /** −mean[(x' − μ)²], with neither variance nor constants, as Flow-CPS has it; its clip ranges are other ones. */
    QUADRATIC {
        @Override
        NDArray logProb(NDArray mean, NDArray next, GaussianStep step) {
            try (NDArray distance = distance(mean, next)) {
                return distance.neg();
            }
        }
    };

    /** Returns the log-probability of every sample, shape (B); owned by the manager of {@code mean}. */
    abstract NDArray logProb(NDArray mean, NDArray next, GaussianStep step);

    /** Returns the mean over all but the batch axis of (a − b)², shape (B); owned by the manager of {@code first}. */
    static NDArray distance(NDArray first, NDArray second) {
        Require.sameShape("mean", first, "the array compared with it", second);
        try (NDArray difference = first.sub(second);
                NDArray square = difference.mul(difference);
                NDArray rows = square.reshape(first.getShape().get(0), -1)) {
            return rows.mean(new int[] {1});
        }
    }
}
