package dev.sluice.sde;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/**
 * Steers a rollout: moves where a stochastic step lands. What is sampled is then no longer the policy's own, but its likelihood is
 * that of the step without the guide, in the rollout and in every replay; so a good sample pulls the policy to where the guide has
 * led, and later needs none.
 *
 * <p>Source: Euphonium (2026), arXiv:2602.04928, {@code euphonium/grpo/grpo_sampling/flux_step.py}, its published
 * setting.
 */
@FunctionalInterface
public interface DriftGuide {
    /** Leads nowhere. */
    DriftGuide NONE = (latents, data, step, numbers) -> Optional.empty();

    /**
     * Returns what is added to every sample after a stochastic step.
     *
     * @param latents x_k, shape (B, ...), float32
     * @param data ẑ, the data that the step's velocity predicts, same shape
     * @param step k in [0, N)
     * @param numbers those of the step
     * @return same shape, owned by the manager of {@code data}; empty for a step that is not guided
     */
    Optional<NDArray> shift(NDArray latents, NDArray data, int step, GaussianStep numbers);
}
