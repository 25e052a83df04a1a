package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.tensor.Require;
import dev.sluice.sde.GaussianStep;
import dev.sluice.sde.KlForm;

/** What holds the policy near the reference, or draws it to where it was led: a penalty at every trained step, added to the loss with a weight. */
public sealed interface Anchor permits Anchor.KlGauss, Anchor.Led {
    /** Returns what the penalty is multiplied by; above 0. */
    double weight();

    /**
     * Returns the penalty of every sample without its weight, shape (B); owned by the manager of {@code mean}.
     *
     * @param mean μ of the policy; gradients flow through it
     * @param referenceMean μ of the reference from the same latents, same shape
     * @param step the numbers of the step
     */
    NDArray penalty(NDArray mean, NDArray referenceMean, GaussianStep step);

    /**
     * The divergence of the step's two Gaussians, in closed form.
     *
     * @param weight β; Flow-GRPO on SD3 has 0.04 with {@link KlForm#DIFFUSION_ONLY}
     * @param form whether the step's length counts
     */
    record KlGauss(double weight, KlForm form) implements Anchor {
        public KlGauss {
            Require.positive("weight", weight);
        }

        @Override
        public NDArray penalty(NDArray mean, NDArray referenceMean, GaussianStep step) {
            return form.divergence(mean, referenceMean, step);
        }
    }

    /**
     * The divergence from the Gaussian that a guide has led the rollout to, ½·mean((μ − μ_led)/s)²: the policy learns to go where it was
     * led by itself. A step that was not led has none.
     *
     * <p>Source: Euphonium (2026), arXiv:2602.04928, speaks of such a distillation; the formula is rebuilt.
     *
     * @param weight λ above 0
     */
    record Led(double weight) implements Anchor {
        public Led {
            Require.positive("weight", weight);
        }

        @Override
        public NDArray penalty(NDArray mean, NDArray ledMean, GaussianStep step) {
            return KlForm.EXACT.divergence(mean, ledMean, step);
        }
    }
}
