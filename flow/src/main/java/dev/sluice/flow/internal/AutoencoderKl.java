package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;

/**
 * The image autoencoder of latent diffusion models.
 *
 * <p>Source: Rombach et al. (2022), arXiv:2112.10752; weights as diffusers' {@code AutoencoderKL} names them.
 */
public final class AutoencoderKl {
    private final VaeConfig config;
    private final Weights weights;

    /** Creates the network over weights that it reads at every call and does not own. */
    public AutoencoderKl(VaeConfig config, Weights weights) {
        this.config = config;
        this.weights = weights;
    }

    /**
     * The normal distribution of an image's latent, not scaled.
     *
     * @param mean shape (B, C, h, w)
     * @param logVariance natural logarithm of the variance, in [−30, 20], same shape
     */
    public record Posterior(NDArray mean, NDArray logVariance) {}

    /** Returns the sizes. */
    public VaeConfig config() {
        return config;
    }

    /** Returns the weights, live. */
    public Weights weights() {
        return weights;
    }

    /**
     * Encodes images.
     *
     * @param images in [−1, 1], shape (B, C, H, W), H and W multiples of the factor
     * @return the posterior, owned by the manager of {@code images}
     */
    public Posterior encode(NDArray images) {
        Require.shape("images", images, -1, config.inChannels(), -1, -1);
        try (NDArray groups = images.getManager().create((long) config.groups())) {
            NDList posterior = Ops.callAll("vae_encode", weights, images, groups);
            return new Posterior(posterior.get(0), posterior.get(1));
        }
    }

    /**
     * Decodes latents that are not scaled.
     *
     * @param latents shape (B, C, h, w)
     * @return images around [−1, 1], not clamped, shape (B, 3, h·factor, w·factor), owned by the manager of {@code latents}
     */
    public NDArray decode(NDArray latents) {
        Require.shape("latents", latents, -1, config.latentChannels(), -1, -1);
        try (NDArray groups = latents.getManager().create((long) config.groups())) {
            return Ops.call("vae_decode", weights, latents, groups);
        }
    }

    /** Turns an autoencoder's latents into the diffusion model's: (z − shift)·scale. */
    public NDArray scaled(NDArray latents) {
        try (NDArray shifted = latents.sub((float) config.shiftFactor())) {
            return Torch.scaled(shifted, config.scalingFactor());
        }
    }

    /** Turns the diffusion model's latents into an autoencoder's: z / scale + shift. */
    public NDArray unscaled(NDArray latents) {
        try (NDArray wider = Torch.scaled(latents, 1 / config.scalingFactor())) {
            return wider.add((float) config.shiftFactor());
        }
    }
}
