package dev.sluice.sde;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.tensor.Torch;

/** How far two policies are apart at one step, closed because both are Gaussians with one s: a mean per latent element. */
public enum KlForm {
    /** The divergence itself, mean[(μ − μ_ref)²]/(2s²). */
    EXACT {
        @Override
        double scale(GaussianStep step) {
            return 0.5 / (step.std() * step.std());
        }
    },
    /**
     * mean[(μ − μ_ref)²]/(2g²): smaller by the step's length h. Flow-GRPO's code for SD3 and FLUX has it, and its published
     * weights belong to it.
     */
    DIFFUSION_ONLY {
        @Override
        double scale(GaussianStep step) {
            return 0.5 / (step.diffusion() * step.diffusion());
        }
    },
    /**
     * mean[(v − v_ref)²]: the same at every level of noise, and a bound of the Wasserstein-2 distance of the two flows' samples
     * up to a factor. Advantage Weighted Matching and DiffusionNFT have it.
     */
    VELOCITY {
        @Override
        double scale(GaussianStep step) {
            return 1 / (step.velocityWeight() * step.velocityWeight());
        }
    };

    abstract double scale(GaussianStep step);

    /**
     * Returns the divergence of every sample in nats per element, shape (B); owned by the manager of {@code mean}.
     *
     * @param mean μ of the policy, shape (B, ...); gradients flow through it
     * @param referenceMean μ of the reference, same shape
     * @param step the step both belong to; must add noise
     */
    public NDArray divergence(NDArray mean, NDArray referenceMean, GaussianStep step) {
        if (!step.stochastic()) {
            throw new IllegalArgumentException("The step from sigma %s to %s adds no noise, so it has no divergence."
                    .formatted(step.sigma(), step.next()));
        }
        try (NDArray distance = Likelihood.distance(mean, referenceMean)) {
            return Torch.scaled(distance, scale(step));
        }
    }
}
