package dev.sluice.sde;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import java.util.Optional;

/**
 * One stochastic step as numbers: x' = μ + s·n with μ = a·x + b·v + c·ẑ_before, where n is standard normal noise and ẑ_before the
 * data that the step before predicted, a constant.
 *
 * @param sigma σ at the step's start
 * @param next σ' at its end
 * @param latentWeight a
 * @param velocityWeight b = ∂μ/∂v
 * @param pastWeight c; 0 for a step that knows nothing of the one before
 * @param std s ≥ 0, the standard deviation of the noise added; the same for every element
 */
public record GaussianStep(
        double sigma, double next, double latentWeight, double velocityWeight, double pastWeight, double std) {
    /** A step that knows nothing of the one before. */
    public GaussianStep(double sigma, double next, double latentWeight, double velocityWeight, double std) {
        this(sigma, next, latentWeight, velocityWeight, 0, std);
    }

    public GaussianStep {
        Require.notNegative("std", std);
        if (!Double.isFinite(latentWeight) || !Double.isFinite(velocityWeight) || !Double.isFinite(pastWeight)) {
            throw new IllegalArgumentException(
                    "The step from sigma %s to %s has weights %s, %s and %s; they must be finite."
                            .formatted(sigma, next, latentWeight, velocityWeight, pastWeight));
        }
    }

    /**
     * Returns the Euler–Maruyama step of the SDE dx = [v + g²/(2σ)·(x + (1 − σ)·v)] dσ + g dw, which keeps the marginals
     * of the flow: a = 1 + g²·dt/(2σ), b = dt·(1 + g²(1 − σ)/(2σ)), s = g·√(−dt).
     *
     * <p>Source: Flow-GRPO (2025), arXiv:2505.05470, Eq. 9; their t is our σ.
     *
     * @param diffusion g ≥ 0
     */
    static GaussianStep eulerMaruyama(TimeSchedule schedule, int step, double diffusion) {
        double sigma = schedule.sigma(step);
        double dt = -schedule.length(step);
        double half = diffusion * diffusion / (2 * sigma);
        return new GaussianStep(
                sigma,
                schedule.sigma(step + 1),
                1 + half * dt,
                dt * (1 + half * (1 - sigma)),
                diffusion * Math.sqrt(-dt));
    }

    /**
     * Returns the coefficient-preserving step μ = (1 − σ')·ẑ + √(σ'² − s²)·ε̂, after which the noise level is exactly σ' when
     * ε̂ is exact: a = 1 − σ' + q, b = −(1 − σ')·σ + q·(1 − σ) with q = √(σ'² − s²).
     *
     * @param std s in [0, σ']
     */
    static GaussianStep coefficientPreserving(TimeSchedule schedule, int step, double std) {
        double sigma = schedule.sigma(step);
        double next = schedule.sigma(step + 1);
        double kept = Math.sqrt((next - std) * (next + std));
        return new GaussianStep(sigma, next, 1 - next + kept, -(1 - next) * sigma + kept * (1 - sigma), std);
    }

    /** Returns this step with w·(ẑ − ẑ_before) added to its mean, where ẑ = x − σ·v. */
    GaussianStep corrected(double weight) {
        return new GaussianStep(
                sigma, next, latentWeight + weight, velocityWeight - weight * sigma, pastWeight - weight, std);
    }

    /** Returns the step's length, h = σ − σ', above 0. */
    public double length() {
        return sigma - next;
    }

    /** Returns g = s/√h, the diffusion coefficient that adds this noise over the step. */
    public double diffusion() {
        return std / Math.sqrt(length());
    }

    /** Returns whether the step adds noise, and so has a density. */
    public boolean stochastic() {
        return std > 0;
    }

    /** Returns μ; owned by the manager of {@code latents}. */
    NDArray mean(NDArray latents, NDArray velocity, Optional<NDArray> past) {
        Require.sameShape("velocity", velocity, "latents", latents);
        return sum(latents, latentWeight, velocity, velocityWeight, past, pastWeight);
    }

    private static NDArray sum(NDArray x, double a, NDArray y, double b, Optional<NDArray> z, double c) {
        try (NDArray first = Torch.scaled(x, a);
                NDArray second = Torch.scaled(y, b)) {
            NDArray both = first.add(second);
            if (z.isEmpty()) {
                return both;
            }
            try (both;
                    NDArray third = Torch.scaled(z.get(), c)) {
                return both.add(third);
            }
        }
    }

    /**
     * Returns how the log-density of a step that was taken changes with its noise, ∂ log π/∂ ln g, of every sample: with s = g·√h
     * and an Euler–Maruyama mean, mean[(x' − μ)·∂μ/∂ ln g]/s² + mean[(x' − μ)²]/s² − 1, where
     * ∂μ/∂ ln g = 2·((a − 1)·x + (b + h)·v).
     *
     * @param latents x, shape (B, ...), float32
     * @param mean μ, same shape
     * @param next x', same shape
     * @return a mean per latent element, float32, shape (B), owned by the manager of {@code latents}
     */
    public NDArray noiseSlope(NDArray latents, NDArray mean, NDArray next) {
        Require.sameShape("mean", mean, "latents", latents);
        Require.sameShape("next", next, "latents", latents);
        double ofMean = 2 * (velocityWeight + length()) / velocityWeight;
        double ofLatents = 2 * (latentWeight - 1) - ofMean * latentWeight;
        try (NDManager scratch = latents.getManager().newSubManager()) {
            NDArray moved = Torch.scaled(latents, ofLatents);
            moved.attach(scratch);
            NDArray shift = moved.add(Torch.scaled(Torch.detached(mean), ofMean));
            NDArray apart = Torch.detached(next);
            apart.attach(scratch);
            NDArray rest = apart.sub(mean);
            NDArray sum = rest.mul(rest.add(shift));
            NDArray slopes = Torch.scaled(
                            sum.reshape(latents.getShape().get(0), -1).mean(new int[] {1}), 1 / (std * std))
                    .sub(1f);
            slopes.attach(latents.getManager());
            return slopes;
        }
    }

    /**
     * Returns ẑ = x − σ·v of the velocity v = (μ − a·x − c·ẑ_before)/b that a mean stands for; owned by the manager of
     * {@code latents}.
     */
    NDArray data(NDArray latents, NDArray mean, Optional<NDArray> past) {
        Require.sameShape("mean", mean, "latents", latents);
        double scale = sigma / velocityWeight;
        return sum(latents, 1 + scale * latentWeight, mean, -scale, past, scale * pastWeight);
    }
}
