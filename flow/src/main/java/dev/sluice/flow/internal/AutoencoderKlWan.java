package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The causal video autoencoder of Wan 2.1. One latent frame stands for the first frame, each further one for the next
 * frameFactor frames. A video goes through it in pieces, which hand on the few frames that later ones depend on, so the result
 * does not depend on how long the pieces are.
 *
 * <p>Source: Wan Team (2025), arXiv:2503.20314; weights as diffusers' {@code AutoencoderKLWan} names them.
 */
public final class AutoencoderKlWan implements Autoencoder {
    /** Pixels of a piece that is decoded at a time, if that is more than one latent frame. */
    private static final long USUAL_PIXELS = 1 << 20;

    /** Arrays of the finest resolution's channels that a convolution there needs for each pixel of a piece; measured. */
    private static final double LIVE = 4.5;

    /** What all convolutions keep for the next piece, in the same unit, for each pixel of a frame; measured. */
    private static final double KEPT = 26;

    private final WanVaeConfig config;
    private final Weights weights;
    private final NDArray means;
    private final NDArray deviations;
    private final long piece;

    /** Creates the network over weights that it reads at every call and does not own. */
    public AutoencoderKlWan(WanVaeConfig config, Weights weights) {
        this(config, weights, USUAL_PIXELS);
    }

    /**
     * Creates the network.
     *
     * @param piece pixels that are decoded at a time, if that is more than one latent frame
     */
    AutoencoderKlWan(WanVaeConfig config, Weights weights, long piece) {
        this.config = config;
        this.weights = weights;
        this.piece = piece;
        this.means = column(config.means());
        this.deviations = column(config.deviations());
    }

    private NDArray column(List<Double> values) {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i).floatValue();
        }
        return weights.manager().create(floats, new Shape(1, floats.length, 1, 1, 1));
    }

    /** Returns the sizes. */
    public WanVaeConfig config() {
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

    @Override
    public int frameFactor() {
        return config.frameFactor();
    }

    /** In pieces of about a megapixel. */
    @Override
    public NDArray pixels(NDArray latents) {
        Shape shape = latents.getShape();
        try (NDArray unscaled = unscaled(latents)) {
            NDArray decoded = decode(unscaled, atATime(shape));
            decoded.attach(latents.getManager());
            return decoded;
        }
    }

    private long pixelsOfAFrame(Shape latents) {
        return latents.get(0) * latents.get(3) * latents.get(4) * factor() * factor();
    }

    private long atATime(Shape latents) {
        return Math.max(1, piece / (pixelsOfAFrame(latents) * frameFactor()));
    }

    @Override
    public long decodingBytes(Shape latents) {
        long frame = pixelsOfAFrame(latents);
        long whole = frame * ((latents.get(2) - 1) * frameFactor() + 1);
        long together = Math.min(whole, frame * atATime(latents) * frameFactor());
        // What the piece before left is there until the next one is done.
        int sets = together < whole ? 2 : 1;
        return Math.round(Float.BYTES * (config.channels() * (LIVE * together + sets * KEPT * frame) + 3 * whole));
    }

    @Override
    public NDArray latents(NDArray pictures) {
        NDManager owner = pictures.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            AutoencoderKl.Posterior posterior = encode(pictures, 1);
            posterior.mean().attach(scratch);
            posterior.logVariance().attach(scratch);
            NDArray latents = scaled(posterior.mean());
            latents.attach(owner);
            return latents;
        }
    }

    /**
     * Encodes a video.
     *
     * @param video in [−1, 1], shape (B, 3, 1 + n·frameFactor, H, W), H and W multiples of the factor
     * @param latentFrames latent frames of a piece, at least 1
     * @return the posterior of the latents, not scaled, shape (B, C, 1 + n, h, w), owned by the manager of {@code video}
     */
    public AutoencoderKl.Posterior encode(NDArray video, long latentFrames) {
        Require.shape("video", video, -1, 3, -1, -1, -1);
        Require.within("latentFrames", latentFrames, 1, Integer.MAX_VALUE);
        long frames = video.getShape().get(2);
        if (frames % frameFactor() != (frameFactor() == 1 ? 0 : 1)) {
            throw new IllegalArgumentException(
                    "video has %s frames; expected 1 more than a multiple of %s.".formatted(frames, frameFactor()));
        }
        List<Long> ends = new ArrayList<>();
        for (long latent = latentFrames; (latent - 1) * frameFactor() + 1 < frames; latent += latentFrames) {
            ends.add((latent - 1) * frameFactor() + 1);
        }
        ends.add(frames);
        List<NDArray> parts = pieces("wan_vae_encode", video, ends, 2);
        return new AutoencoderKl.Posterior(parts.get(0), parts.get(1));
    }

    /**
     * Decodes latents that are not scaled.
     *
     * @param latents shape (B, C, f, h, w)
     * @param latentFrames latent frames of a piece, at least 1
     * @return a video in [−1, 1], shape (B, 3, 1 + (f − 1)·frameFactor, h·factor, w·factor), owned by the manager of
     *     {@code latents}
     */
    public NDArray decode(NDArray latents, long latentFrames) {
        Require.shape("latents", latents, -1, config.latentChannels(), -1, -1, -1);
        Require.within("latentFrames", latentFrames, 1, Integer.MAX_VALUE);
        long frames = latents.getShape().get(2);
        List<Long> ends = new ArrayList<>();
        for (long end = latentFrames; end < frames; end += latentFrames) {
            ends.add(end);
        }
        ends.add(frames);
        return pieces("wan_vae_decode", latents, ends, 1).get(0);
    }

    /** Puts frames through a method piece by piece, and joins each of its first {@code outputs} results over time. */
    private List<NDArray> pieces(String method, NDArray frames, List<Long> ends, int outputs) {
        NDManager owner = frames.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            List<NDList> made = new ArrayList<>();
            for (int i = 0; i < outputs; i++) {
                made.add(new NDList());
            }
            Map<String, NDArray> kept = new LinkedHashMap<>();
            long start = 0;
            for (long end : ends) {
                NDArray piece = frames.get(new NDIndex(":,:,{}:{}", start, end));
                piece.attach(scratch);
                NDList results = Ops.callAll(method, weights, kept, piece);
                piece.close();
                kept.values().forEach(NDArray::close);
                kept.clear();
                for (int i = 0; i < results.size(); i++) {
                    if (i < outputs) {
                        made.get(i).add(results.get(i));
                    } else {
                        kept.put("kept." + (i - outputs), results.get(i));
                    }
                }
                start = end;
            }
            List<NDArray> joined = new ArrayList<>();
            for (NDList parts : made) {
                NDArray whole = parts.size() == 1
                        ? parts.get(0)
                        : parts.get(0).getNDArrayInternal().concat(new NDList(parts.subList(1, parts.size())), 2);
                whole.attach(owner);
                joined.add(whole);
            }
            return joined;
        }
    }

    /** Turns an autoencoder's latents into the diffusion model's: (z − mean)/deviation, each channel. */
    public NDArray scaled(NDArray latents) {
        try (NDArray shifted = latents.sub(means)) {
            return shifted.div(deviations);
        }
    }

    /** Turns the diffusion model's latents into an autoencoder's: z·deviation + mean, each channel. */
    public NDArray unscaled(NDArray latents) {
        try (NDArray wider = latents.mul(deviations)) {
            return wider.add(means);
        }
    }
}
