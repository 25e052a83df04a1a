package dev.sluice.flow.internal;

import dev.sluice.flow.tensor.Require;
import java.io.IOException;

/**
 * The sizes of a CLIP text encoder, by the names of transformers' {@code config.json}.
 *
 * @param vocabulary number of token ids
 * @param width model width (hidden_size)
 * @param feedForward inner width of the feed-forward layers (intermediate_size)
 * @param layers number of blocks
 * @param heads number of attention heads
 * @param positions longest text in tokens
 * @param projection width of the pooled vector; 0 if it is not projected
 * @param quickGelu x·sigmoid(1.702·x) instead of the exact GELU
 * @param endToken the id that ends a text; 2 stands for the largest id of the text
 */
public record ClipConfig(
        int vocabulary,
        int width,
        int feedForward,
        int layers,
        int heads,
        int positions,
        int projection,
        boolean quickGelu,
        int endToken) {
    /** What most names of weights begin with. */
    public static final String PREFIX = "text_model.";

    /** The token table's name, after the prefix. */
    static final String TOKENS = "embeddings.token_embedding.weight";

    public ClipConfig {
        Require.atLeast("vocab_size", vocabulary, 1);
        Require.atLeast("intermediate_size", feedForward, 1);
        Require.atLeast("num_hidden_layers", layers, 1);
        Require.atLeast("num_attention_heads", heads, 1);
        Require.atLeast("max_position_embeddings", positions, 1);
        Require.atLeast("projection_dim", projection, 0);
        Require.atLeast("hidden_size", width, heads);
        if (width % heads != 0) {
            throw new IllegalArgumentException(
                    "hidden_size (%s) must be a multiple of num_attention_heads (%s).".formatted(width, heads));
        }
    }

    /** Parses a {@code config.json}. */
    public static ClipConfig of(ConfigFile config, boolean projected) throws IOException {
        config.requireText("hidden_act", "quick_gelu", "gelu");
        config.requireNumber("layer_norm_eps", 1e-5);
        return config.parsed(c -> new ClipConfig(
                c.integer("vocab_size", 49408),
                c.integer("hidden_size", 512),
                c.integer("intermediate_size", 2048),
                c.integer("num_hidden_layers", 12),
                c.integer("num_attention_heads", 8),
                c.integer("max_position_embeddings", 77),
                projected ? c.integer("projection_dim", 512) : 0,
                c.text("hidden_act", "quick_gelu").equals("quick_gelu"),
                c.integer("eos_token_id", 49407)));
    }

    /** Returns the width of the pooled vector. */
    public int pooledSize() {
        return projection == 0 ? width : projection;
    }

    /** Returns the tensors it needs, as published checkpoints name them. */
    public WeightLayout layout() {
        return layout(PREFIX);
    }

    /**
     * Returns the tensors it needs.
     *
     * @param prefix what the names begin with: {@link #PREFIX}, or nothing, as transformers 5 writes a CLIPTextModel
     */
    public WeightLayout layout(String prefix) {
        WeightLayout layout = new WeightLayout()
                .vocabulary(prefix + TOKENS, vocabulary, width)
                .tensor(prefix + "embeddings.position_embedding.weight", positions, width);
        for (int i = 0; i < layers; i++) {
            String b = prefix + "encoder.layers." + i;
            layout.norm(b + ".layer_norm1", width).norm(b + ".layer_norm2", width);
            for (String projection : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
                layout.linear(b + ".self_attn." + projection, width, width);
            }
            layout.linear(b + ".mlp.fc1", width, feedForward).linear(b + ".mlp.fc2", feedForward, width);
        }
        layout.norm(prefix + "final_layer_norm", width);
        return projection == 0 ? layout : layout.tensor("text_projection.weight", projection, width);
    }
}
