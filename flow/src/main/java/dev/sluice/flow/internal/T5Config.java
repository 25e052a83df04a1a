package dev.sluice.flow.internal;

import dev.sluice.flow.tensor.Require;

/**
 * The sizes of a T5 encoder, by the names of transformers' {@code config.json}.
 *
 * @param vocabulary number of token ids
 * @param width model width (d_model)
 * @param headSize width of one attention head (d_kv)
 * @param feedForward inner width of the feed-forward layers (d_ff)
 * @param layers number of blocks
 * @param heads number of attention heads
 * @param buckets relative position buckets
 * @param maxDistance distance from which positions share a bucket
 * @param gated gated tanh-GELU (T5 v1.1 and UMT5) instead of ReLU (T5)
 */
public record T5Config(
        int vocabulary,
        int width,
        int headSize,
        int feedForward,
        int layers,
        int heads,
        int buckets,
        int maxDistance,
        boolean gated) {
    public T5Config {
        Require.atLeast("vocab_size", vocabulary, 1);
        Require.atLeast("d_model", width, 1);
        Require.atLeast("d_kv", headSize, 1);
        Require.atLeast("d_ff", feedForward, 1);
        Require.atLeast("num_layers", layers, 1);
        Require.atLeast("num_heads", heads, 1);
        Require.atLeast("relative_attention_num_buckets", buckets, 4);
        Require.atLeast("relative_attention_max_distance", maxDistance, buckets / 4 + 1);
    }
}
