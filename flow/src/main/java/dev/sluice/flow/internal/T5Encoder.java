package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Weights;

/** The encoder of T5, T5 v1.1 or UMT5 over weights named as transformers names them. */
public final class T5Encoder {
    private final T5Config config;
    private final Weights weights;
    private final NDArray shape;
    private final NDArray noMask;

    /** Creates the network over weights that it reads at every call and does not own. */
    public T5Encoder(T5Config config, Weights weights) {
        this.config = config;
        this.weights = weights;
        this.shape = weights.manager().create(new long[] {
            config.heads(), config.layers(), config.buckets(), config.maxDistance(), config.gated() ? 1 : 0
        });
        this.noMask = weights.manager().create(new Shape(0), DataType.INT64);
    }

    /** Returns the sizes. */
    public T5Config config() {
        return config;
    }

    /** Returns the weights, live. */
    public Weights weights() {
        return weights;
    }

    /**
     * Encodes token ids; padding is attended to like any token, as SD3 and FLUX do.
     *
     * @param ids shape (B, L), int64, in [0, vocabulary)
     * @return states, shape (B, L, width), owned by the manager of {@code ids}
     */
    public NDArray encode(NDArray ids) {
        return encode(ids, noMask);
    }

    /**
     * Encodes token ids without attending to padding.
     *
     * @param mask 1 for a token and 0 for padding, shape (B, L), int64
     */
    public NDArray encode(NDArray ids, NDArray mask) {
        Require.shape("ids", ids, -1, -1);
        return Ops.call("t5", weights, ids, mask, shape);
    }
}
