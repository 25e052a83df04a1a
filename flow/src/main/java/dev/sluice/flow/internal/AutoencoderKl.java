package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.util.function.UnaryOperator;

/**
 * The image autoencoder of latent diffusion models.
 *
 * <p>Source: Rombach et al. (2022), arXiv:2112.10752; weights as diffusers' {@code AutoencoderKL} names them.
 */
public final class AutoencoderKl implements Autoencoder {
    /** Pixels that are decoded at a time where there are more pictures than one: a megapixel takes some gigabytes. */
    private static final long MOST_PIXELS = 1 << 20;

    /** The side from which tiles are no smaller than a picture that the network was made for, in pixels. */
    private static final int LEAST_TILE = 512;

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

    @Override
    public int channels() {
        return config.latentChannels();
    }

    @Override
    public int factor() {
        return config.factor();
    }

    /** In slices of about a megapixel, and pictures with a side beyond twice the network's own in tiles of that size. */
    @Override
    public NDArray pixels(NDArray latents) {
        NDManager owner = latents.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            NDArray unscaled = unscaled(latents);
            unscaled.attach(scratch);
            int side = tile() / factor();
            UnaryOperator<NDArray> decoder = tiled(latents.getShape())
                    ? slice -> new Tiling(side, side * factor(), Tiling.USUAL_OVERLAP).apply(slice, this::decode)
                    : this::decode;
            NDArray decoded = sliced(unscaled, atATime(latents.getShape()), decoder);
            decoded.attach(owner);
            return decoded;
        }
    }

    private int tile() {
        return Math.max(LEAST_TILE, config.sampleSize());
    }

    private boolean tiled(Shape latents) {
        return Math.max(latents.get(2), latents.get(3)) * factor() > 2L * tile();
    }

    private long pixelsOf(Shape latents) {
        return latents.get(2) * latents.get(3) * factor() * factor();
    }

    private long atATime(Shape latents) {
        return Math.max(1, MOST_PIXELS / pixelsOf(latents));
    }

    /** The widest place holds four arrays: a block's input, the norm of it, the convolution's copy and its result. */
    @Override
    public long decodingBytes(Shape latents) {
        long together = Math.min(latents.get(0), atATime(latents));
        long pixels = tiled(latents) ? together * tile() * tile() : together * pixelsOf(latents);
        return Math.round(4.0 * Float.BYTES * pixels * config.widestChannels());
    }

    @Override
    public NDArray latents(NDArray pictures) {
        NDManager owner = pictures.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            Posterior posterior = encode(pictures);
            posterior.mean().attach(scratch);
            posterior.logVariance().attach(scratch);
            NDArray latents = scaled(posterior.mean());
            latents.attach(owner);
            return latents;
        }
    }

    /** Returns what the network makes of a batch, some at a time; owned by the manager of {@code batch}. */
    static NDArray sliced(NDArray batch, long atATime, UnaryOperator<NDArray> network) {
        long size = batch.getShape().get(0);
        if (size <= atATime) {
            return network.apply(batch);
        }
        NDManager owner = batch.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            NDList slices = new NDList();
            for (long first = 0; first < size; first += atATime) {
                try (NDManager inner = scratch.newSubManager()) {
                    NDArray slice = batch.get(new NDIndex("{}:{}", first, Math.min(size, first + atATime)));
                    slice.attach(inner);
                    NDArray made = network.apply(slice);
                    made.attach(scratch);
                    slices.add(made);
                }
            }
            NDArray all = slices.get(0).getNDArrayInternal().concat(new NDList(slices.subList(1, slices.size())), 0);
            all.attach(owner);
            return all;
        }
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
