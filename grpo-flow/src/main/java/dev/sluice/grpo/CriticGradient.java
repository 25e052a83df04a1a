package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import dev.sluice.sde.GaussianStep;

/**
 * Exploration that is led to where a critic of noisy latents sees more: c·∇V(x_k, σ_k) is added to some stochastic steps. The likelihood
 * is that of the step without it, as in {@link RewardGradient}.
 *
 * <p>Source: Euphonium (2026), arXiv:2602.04928, {@code flux_step.py}: its published recipe has a process reward model of latents
 * that was trained before, scale 0.01 times the length.
 *
 * @param scale c above 0
 * @param timesLength whether c is multiplied by the step's length
 * @param normalised whether the gradient has length 1 in every sample, so that c is how far a step is moved
 * @param from first step that is led, counted from 0
 * @param to one past the last step that is led; those that are not stochastic never are
 */
public record CriticGradient(double scale, boolean timesLength, boolean normalised, int from, int to)
        implements DriftGradient {
    public CriticGradient {
        Require.positive("scale", scale);
        Require.atLeast("from", from, 0);
        if (to <= from) {
            throw new IllegalArgumentException("to (%s) must be above from (%s).".formatted(to, from));
        }
    }

    @Override
    public boolean leads(int step) {
        return step >= from && step < to;
    }

    @Override
    public double factor(GaussianStep numbers) {
        return timesLength ? scale * numbers.length() : scale;
    }
}
