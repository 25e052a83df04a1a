package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;

/** Predicts the velocity v = dx/dσ of a rectified flow, x_σ = (1 − σ)·x_0 + σ·ε. */
@FunctionalInterface
public interface VelocityModel {
    /**
     * Predicts the velocity of every sample at its own noise level.
     *
     * @param latents x_σ, shape (B, ...), float32
     * @param sigmas noise levels in (0, 1], shape (B), float32; 1 is pure noise
     * @param conditioning what the B samples are conditioned on
     * @return v, same shape as {@code latents}, float32, owned by the manager of {@code latents}
     */
    NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning);

    /** Predicts the velocity of every sample at one noise level. */
    default NDArray velocity(NDArray latents, double sigma, Conditioning conditioning) {
        float[] levels = new float[Math.toIntExact(latents.getShape().get(0))];
        Arrays.fill(levels, (float) sigma);
        try (NDArray sigmas = latents.getManager().create(levels)) {
            return velocity(latents, sigmas, conditioning);
        }
    }
}
