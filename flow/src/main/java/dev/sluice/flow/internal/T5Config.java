package dev.sluice.flow.internal;

import dev.sluice.flow.tensor.Require;
import java.io.IOException;

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

    /** Parses a {@code config.json}. */
    public static T5Config of(ConfigFile config) throws IOException {
        config.requireText("feed_forward_proj", "relu", "gated-gelu");
        config.requireNumber("layer_norm_epsilon", 1e-6);
        return config.parsed(c -> new T5Config(
                c.integer("vocab_size", 32128),
                c.integer("d_model", 512),
                c.integer("d_kv", 64),
                c.integer("d_ff", 2048),
                c.integer("num_layers", 6),
                c.integer("num_heads", 8),
                c.integer("relative_attention_num_buckets", 32),
                c.integer("relative_attention_max_distance", 128),
                c.text("feed_forward_proj", "relu").equals("gated-gelu")));
    }

    /**
     * Returns the tensors it needs.
     *
     * @param embedding the name of the token table, {@code shared.weight} or {@code encoder.embed_tokens.weight}
     * @param tablePerBlock whether every block has its own table of relative positions (UMT5) and not the first alone (T5)
     */
    public WeightLayout layout(String embedding, boolean tablePerBlock) {
        WeightLayout layout = new WeightLayout().vocabulary(embedding, vocabulary, width);
        long inner = (long) heads * headSize;
        for (int i = 0; i < layers; i++) {
            String attention = "encoder.block." + i + ".layer.0";
            for (String projection : new String[] {"q", "k", "v"}) {
                layout.tensor(attention + ".SelfAttention." + projection + ".weight", inner, width);
            }
            layout.tensor(attention + ".SelfAttention.o.weight", width, inner);
            if (i == 0 || tablePerBlock) {
                layout.tensor(attention + ".SelfAttention.relative_attention_bias.weight", buckets, heads);
            }
            layout.tensor(attention + ".layer_norm.weight", width);
            String dense = "encoder.block." + i + ".layer.1";
            for (String projection : gated ? new String[] {"wi_0", "wi_1"} : new String[] {"wi"}) {
                layout.tensor(dense + ".DenseReluDense." + projection + ".weight", feedForward, width);
            }
            layout.tensor(dense + ".DenseReluDense.wo.weight", width, feedForward);
            layout.tensor(dense + ".layer_norm.weight", width);
        }
        return layout.tensor("encoder.final_layer_norm.weight", width);
    }
}
