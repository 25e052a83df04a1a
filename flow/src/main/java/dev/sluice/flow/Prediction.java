package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import java.util.Arrays;

/**
 * What a velocity determines on the linear path x_σ = (1 − σ)·z + σ·ε with v = ε − z.
 *
 * <p>Memory: every result belongs to the manager of the first array.
 */
public final class Prediction {
    private Prediction() {}

    /** Returns the predicted data, ẑ = x − σ·v. */
    public static NDArray data(NDArray latents, NDArray velocity, double sigma) {
        return plus(latents, velocity, -sigma);
    }

    /** Returns the predicted noise, ε̂ = x + (1 − σ)·v. */
    public static NDArray noise(NDArray latents, NDArray velocity, double sigma) {
        return plus(latents, velocity, 1 - sigma);
    }

    /**
     * Returns the velocity that a prediction of the data stands for, v = (x − ẑ)/σ.
     *
     * @param sigma in (0, 1]
     */
    public static NDArray velocityFromData(NDArray latents, NDArray data, double sigma) {
        Require.positive("sigma", sigma);
        try (NDArray difference = latents.sub(data)) {
            return Torch.scaled(difference, 1 / sigma);
        }
    }

    /**
     * Returns the velocity that a prediction of the noise stands for, v = (ε̂ − x)/(1 − σ).
     *
     * @param sigma in [0, 1)
     */
    public static NDArray velocityFromNoise(NDArray latents, NDArray noise, double sigma) {
        Require.positive("1 - sigma", 1 - sigma);
        try (NDArray difference = latents.sub(noise)) {
            return Torch.scaled(difference, 1 / (sigma - 1));
        }
    }

    /**
     * Returns clean data brought to a noise level, x_σ = (1 − σ)·z + σ·ε, each sample to its own.
     *
     * @param data z, shape (B, ...), float32
     * @param noise ε, same shape
     * @param sigmas shape (B), float32
     */
    public static NDArray noised(NDArray data, NDArray noise, NDArray sigmas) {
        Require.sameShape("noise", noise, "data", data);
        Require.shape("sigmas", sigmas, data.getShape().get(0));
        long[] column = new long[data.getShape().dimension()];
        Arrays.fill(column, 1);
        column[0] = data.getShape().get(0);
        try (NDArray level = sigmas.reshape(new Shape(column));
                NDArray negated = level.neg();
                NDArray rest = negated.add(1f);
                NDArray signal = data.mul(rest);
                NDArray added = noise.mul(level)) {
            return signal.add(added);
        }
    }

    /** Returns x + factor·v. */
    static NDArray plus(NDArray latents, NDArray velocity, double factor) {
        Require.sameShape("velocity", velocity, "latents", latents);
        try (NDArray scaled = Torch.scaled(velocity, factor)) {
            return latents.add(scaled);
        }
    }
}
