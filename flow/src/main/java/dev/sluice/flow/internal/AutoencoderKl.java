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
    private final VaeConfig config;
    private final Weights weights;
    private final Limits limits;

    /**
     * How much of a batch of pictures goes through the network at a time.
     *
     * @param pixels of a slice, if that is more than one picture
     * @param tile rows and columns of a tile in pixels; a picture with a side beyond twice that is cut into tiles
     */
    record Limits(long pixels, int tile) {
        /** A megapixel takes some gigabytes. */
        private static final long USUAL_PIXELS = 1 << 20;

        /** Tiles are no smaller than a picture that the network was made for. */
        private static final int LEAST_TILE = 512;

        Limits {
            Require.within("pixels", pixels, 1, Long.MAX_VALUE);
            Require.atLeast("tile", tile, 1);
        }

        static Limits of(VaeConfig config) {
            // A quarter of a tile, which overlaps the next one, is whole latents.
            int unit = 4 * config.factor();
            int side = Math.max(LEAST_TILE, config.sampleSize());
            return new Limits(USUAL_PIXELS, (side + unit - 1) / unit * unit);
        }

        boolean tiled(long rows, long columns) {
            return Math.max(rows, columns) > 2L * tile;
        }

        long atATime(long rows, long columns) {
            return Math.max(1, pixels / (rows * columns));
        }
    }

    /** Creates the network over weights that it reads at every call and does not own. */
    public AutoencoderKl(VaeConfig config, Weights weights) {
        this(config, weights, Limits.of(config));
    }

    AutoencoderKl(VaeConfig config, Weights weights, Limits limits) {
        this.config = config;
        this.weights = weights;
        this.limits = limits;
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
        Require.shape("latents", latents, -1, config.latentChannels(), -1, -1);
        NDManager owner = latents.getManager();
        int side = limits.tile() / factor();
        Tiling tiling = new Tiling(side, limits.tile(), Tiling.USUAL_OVERLAP);
        try (NDManager scratch = owner.newSubManager()) {
            NDArray unscaled = unscaled(latents);
            unscaled.attach(scratch);
            NDArray decoded = inPieces(unscaled, factor(), tiling, this::decode);
            decoded.attach(owner);
            return decoded;
        }
    }

    /** Puts a batch, of which a row stands for so many of a picture, through the network as far as the limits allow at a time. */
    private NDArray inPieces(NDArray batch, int pixels, Tiling tiling, UnaryOperator<NDArray> network) {
        long rows = batch.getShape().get(2) * pixels;
        long columns = batch.getShape().get(3) * pixels;
        UnaryOperator<NDArray> tiled = slice -> tiling.apply(slice, network);
        return sliced(batch, limits.atATime(rows, columns), limits.tiled(rows, columns) ? tiled : network);
    }

    /** The widest place holds four arrays: a block's input, the norm of it, the convolution's copy and its result. */
    @Override
    public long decodingBytes(Shape latents) {
        long rows = latents.get(2) * factor();
        long columns = latents.get(3) * factor();
        long together = Math.min(latents.get(0), limits.atATime(rows, columns));
        long picture = limits.tiled(rows, columns) ? (long) limits.tile() * limits.tile() : rows * columns;
        return Math.round(4.0 * Float.BYTES * together * picture * config.widestChannels());
    }

    /** In slices and tiles like {@link #pixels}; what tiles overlap in is mixed as latents. */
    @Override
    public NDArray latents(NDArray pictures) {
        Require.shape("pictures", pictures, -1, config.inChannels(), -1, -1);
        NDManager owner = pictures.getManager();
        Tiling tiling = new Tiling(limits.tile(), limits.tile() / factor(), Tiling.USUAL_OVERLAP);
        try (NDManager scratch = owner.newSubManager()) {
            NDArray means = inPieces(pictures, 1, tiling, this::mean);
            means.attach(scratch);
            NDArray latents = scaled(means);
            latents.attach(owner);
            return latents;
        }
    }

    private NDArray mean(NDArray images) {
        Posterior posterior = encode(images);
        posterior.logVariance().close();
        return posterior.mean();
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
