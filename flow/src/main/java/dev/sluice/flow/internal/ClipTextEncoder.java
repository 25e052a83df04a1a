package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Weights;

/**
 * CLIP's text encoder with its projection.
 *
 * <p>Source: Radford et al. (2021), arXiv:2103.00020; weights as transformers' {@code CLIPTextModelWithProjection} names
 * them.
 */
public final class ClipTextEncoder {
    private final ClipConfig config;
    private final Weights weights;

    /** Creates the network over weights that it reads at every call and does not own. */
    public ClipTextEncoder(ClipConfig config, Weights weights) {
        this.config = config;
        this.weights = weights;
    }

    /**
     * What the encoder says about a batch.
     *
     * @param hidden the hidden state that was asked for, before the final norm, shape (B, L, width)
     * @param last the last one, after the final norm, shape (B, L, width)
     * @param pooled the last one at the text's end, projected, shape (B, projection)
     */
    public record States(NDArray hidden, NDArray last, NDArray pooled) {}

    /** Returns the sizes. */
    public ClipConfig config() {
        return config;
    }

    /** Returns the weights, live. */
    public Weights weights() {
        return weights;
    }

    /** Encodes token ids and keeps the penultimate hidden state, as SD3 does. */
    public States encode(NDArray ids) {
        return encode(ids, config.layers() - 1);
    }

    /**
     * Encodes token ids.
     *
     * @param ids shape (B, L), int64, L at most the number of positions
     * @param keep the hidden state to return: 0 is the embeddings, k the output of block k
     * @return states owned by the manager of {@code ids}
     */
    public States encode(NDArray ids, int keep) {
        Require.shape("ids", ids, -1, -1);
        Require.within("the length of the text", ids.getShape().get(1), 1, config.positions());
        try (NDArray shape = ids.getManager()
                .create(new long[] {config.heads(), config.layers(), config.quickGelu() ? 1 : 0, config.endToken(), keep
                })) {
            NDList states = Ops.callAll("clip", weights, ids, shape);
            return new States(states.get(0), states.get(1), states.get(2));
        }
    }
}
