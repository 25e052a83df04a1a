package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import dev.sluice.sde.GaussianStep;

/**
 * Exploration that is led to where the reward rises: c·d is added to some stochastic steps, where d estimates the reward's gradient
 * at the data that the step predicts. The likelihood is that of the step without it, so the policy learns to go there alone, and
 * evaluation is never led.
 *
 * <p>d is the zeroth-order estimate (r(ẑ + ςu) − r(ẑ − ςu))/(2ς)·u with standard normal u, a mean over some draws, and so takes any
 * reward. It is a gradient at ẑ and is added to the step as it is.
 *
 * <p>Source: Euphonium (2026), arXiv:2602.04928, {@code flux_step.py} and {@code spsa_gradient.py}. Differs: its
 * published recipe has the gradient of a latent process reward model, which this has not, and the zeroth-order one switched off.
 *
 * @param scale c above 0; that of the SDE tilted by exp(r/β) is g²/(2β) with {@code timesLength}; published as 0.01
 * @param timesLength whether c is multiplied by the step's length
 * @param normalised whether d has length 1 in every sample, so that c is how far a step is moved
 * @param radius ς above 0; the source's is 0.01
 * @param draws of u, at least 1
 * @param from first step that is led, counted from 0
 * @param to one past the last step that is led; those that are not stochastic never are
 */
public record RewardGradient(
        double scale, boolean timesLength, boolean normalised, double radius, int draws, int from, int to)
        implements DriftGradient {
    public RewardGradient {
        Require.positive("scale", scale);
        Require.positive("radius", radius);
        Require.atLeast("draws", draws, 1);
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
