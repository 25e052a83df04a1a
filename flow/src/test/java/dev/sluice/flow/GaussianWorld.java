package dev.sluice.flow;

import ai.djl.ndarray.NDArray;

/**
 * Data from N(mean, deviation²), independent per element: the world in which every velocity, path and variance is known.
 * With S = (1−σ)²τ² + σ² and u = x − (1−σ)m: v = (σ − (1−σ)τ²)·u/S − m.
 */
record GaussianWorld(double mean, double deviation) implements VelocityModel {
    @Override
    public NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning) {
        throw new UnsupportedOperationException("The tests ask for one level, in double precision.");
    }

    @Override
    public NDArray velocity(NDArray latents, double sigma, Conditioning conditioning) {
        double variance = deviation * deviation;
        double s = (1 - sigma) * (1 - sigma) * variance + sigma * sigma;
        return latents.sub((1 - sigma) * mean)
                .mul((sigma - (1 - sigma) * variance) / s)
                .sub(mean);
    }

    /** Returns x(0) of the exact flow from x(1). */
    double clean(double noise) {
        return mean + deviation * noise;
    }
}
