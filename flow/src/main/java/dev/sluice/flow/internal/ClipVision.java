package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Weights;

/**
 * CLIP's picture encoder up to its last block but one, as Wan's networks see a picture.
 *
 * <p>Source: Radford et al. (2021), arXiv:2103.00020; weights as transformers' {@code CLIPVisionModel} names them.
 */
public final class ClipVision {
    private final ClipVisionConfig config;
    private final Weights weights;

    /** Creates the network over weights that it reads at every call and does not own. */
    public ClipVision(ClipVisionConfig config, Weights weights) {
        this.config = config;
        this.weights = weights;
    }

    /** Returns the sizes. */
    public ClipVisionConfig config() {
        return config;
    }

    /**
     * Encodes pictures.
     *
     * @param pixels normalised, shape (B, 3, side, side), float32
     * @return the penultimate hidden states, shape (B, states, width), owned by the manager of {@code pixels}
     */
    public NDArray encode(NDArray pixels) {
        Require.shape("pixels", pixels, -1, 3, config.side(), config.side());
        try (NDArray shape = pixels.getManager()
                .create(new long[] {config.heads(), config.layers() - 1, config.quickGelu() ? 1 : 0})) {
            return Ops.call("clip_vision", weights, pixels, shape);
        }
    }
}
