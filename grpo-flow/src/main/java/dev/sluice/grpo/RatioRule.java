package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.sde.Likelihood;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Transition;

/** How the importance ratio of a step is measured; the trainer takes its logarithm, ℓ. */
public sealed interface RatioRule permits RatioRule.Plain, RatioRule.Normalised, RatioRule.OnPolicy {
    /**
     * Returns ℓ of every sample, shape (B); gradients flow through {@code now}, whose manager owns the result.
     *
     * @param now the step under the present weights
     * @param stored the step as the rollout recorded it
     */
    NDArray logRatio(Transition now, StoredStep stored);

    /** Returns whether rollouts must keep the mean of every trained step. */
    default boolean needsMeans() {
        return false;
    }

    /** Refuses samplers and cadences that this rule has no meaning with, and says why. */
    default void check(SdeOptions sde, GrpoOptions.Updates updates) {}

    /** ℓ = log π(x_{k+1} | x_k) − log π_old(x_{k+1} | x_k), both means per latent element. */
    record Plain() implements RatioRule {
        @Override
        public NDArray logRatio(Transition now, StoredStep stored) {
            return now.logProb().sub(stored.logProb());
        }
    }

    /**
     * The log-ratio freed of its bias and of the step's scale, s·(ℓ + mean(Δ²)/(2s²)), where Δ = μ − μ_old. Its mean over the
     * noise is 0 and its deviation ‖Δ‖/D at every step, so that one clip range cuts both sides and all steps alike; a plain
     * log-ratio has the mean −mean(Δ²)/(2s²), which is below 0 and depends on the step. Clip ranges of the plain ratio mean
     * nothing here: published are 2·10⁻⁶ and 4·10⁻⁶.
     *
     * <p>Computed as mean((x_{k+1} − μ_old)·Δ)/s, which is the same and cancels nothing.
     *
     * <p>Source: GRPO-Guard (2025), arXiv:2510.22319, and {@code train_sd3_GRPO_Guard.py}. Differs: s is each sample's own
     * step's, not a mean over the micro-batch.
     */
    record Normalised() implements RatioRule {
        @Override
        public NDArray logRatio(Transition now, StoredStep stored) {
            NDArray old = stored.mean()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "The rollout kept no mean of step %s, which the normalised ratio needs."
                                    .formatted(stored.step())));
            try (NDArray moved = now.mean().sub(old);
                    NDArray noise = stored.next().sub(old);
                    NDArray product = moved.mul(noise);
                    NDArray rows = product.reshape(product.getShape().get(0), -1);
                    NDArray mean = rows.mean(new int[] {1})) {
                return Torch.scaled(mean, 1 / stored.std());
            }
        }

        @Override
        public boolean needsMeans() {
            return true;
        }

        @Override
        public void check(SdeOptions sde, GrpoOptions.Updates updates) {
            if (sde.likelihood() != Likelihood.GAUSSIAN_MEAN) {
                throw new IllegalArgumentException(
                        "The normalised ratio needs the density of a Gaussian, but the likelihood of %s (%s) leaves the variance out.%nMaybe take the plain ratio, or the noise of Flow-GRPO."
                                .formatted(sde.rule(), sde.likelihood()));
            }
            if (!sde.keepMeans()) {
                throw new IllegalArgumentException(
                        "The normalised ratio needs the means of the rollout.%nMaybe set keepMeans.".formatted());
            }
        }
    }

    /**
     * No ratio: ℓ is 0 and has the gradient of log π, so that the loss has that of −A·log π and no clip range is ever left. Only
     * for samples of the present weights, so an iteration has one update.
     *
     * <p>Source: Williams (1992), REINFORCE.
     */
    record OnPolicy() implements RatioRule {
        @Override
        public NDArray logRatio(Transition now, StoredStep stored) {
            try (NDArray value = Torch.detached(now.logProb())) {
                return now.logProb().sub(value);
            }
        }

        @Override
        public void check(SdeOptions sde, GrpoOptions.Updates updates) {
            int uses = updates.perIteration() * updates.innerEpochs();
            if (uses != 1) {
                throw new IllegalArgumentException(
                        "An iteration has %s updates, but without a ratio it must have 1, because samples of older weights would count as new ones.%nMaybe take the plain ratio, or set perIteration: 1 and innerEpochs: 1."
                                .formatted(uses));
            }
        }
    }
}
