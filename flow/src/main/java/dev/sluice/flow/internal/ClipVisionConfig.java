package dev.sluice.flow.internal;

import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.util.function.Predicate;

/**
 * The sizes of a CLIP picture encoder, by the names of transformers' {@code config.json}.
 *
 * @param width model width (hidden_size)
 * @param feedForward inner width of the feed-forward layers (intermediate_size)
 * @param layers number of blocks
 * @param heads number of attention heads
 * @param side rows and columns of a picture (image_size)
 * @param patch rows and columns of a patch (patch_size)
 * @param quickGelu x·sigmoid(1.702·x) instead of the exact GELU
 */
public record ClipVisionConfig(
        int width, int feedForward, int layers, int heads, int side, int patch, boolean quickGelu) {
    private static final String PREFIX = "vision_model.";

    public ClipVisionConfig {
        Require.atLeast("intermediate_size", feedForward, 1);
        Require.atLeast("num_hidden_layers", layers, 1);
        Require.atLeast("num_attention_heads", heads, 1);
        Require.atLeast("patch_size", patch, 1);
        Require.atLeast("image_size", side, patch);
        Require.atLeast("hidden_size", width, heads);
        if (width % heads != 0) {
            throw new IllegalArgumentException(
                    "hidden_size (%s) must be a multiple of num_attention_heads (%s).".formatted(width, heads));
        }
        if (side % patch != 0) {
            throw new IllegalArgumentException(
                    "image_size (%s) must be a multiple of patch_size (%s).".formatted(side, patch));
        }
    }

    /** Parses a {@code config.json}. */
    public static ClipVisionConfig of(ConfigFile config) throws IOException {
        config.requireText("hidden_act", "quick_gelu", "gelu");
        config.requireNumber("layer_norm_eps", 1e-5);
        config.requireNumber("num_channels", 3);
        return config.parsed(c -> new ClipVisionConfig(
                c.integer("hidden_size", 768),
                c.integer("intermediate_size", 3072),
                c.integer("num_hidden_layers", 12),
                c.integer("num_attention_heads", 12),
                c.integer("image_size", 224),
                c.integer("patch_size", 32),
                c.text("hidden_act", "quick_gelu").equals("quick_gelu")));
    }

    /** Returns what the names of files begin with: published ones with a prefix, those of transformers 5 with none. */
    static String prefix(Predicate<String> there) {
        return there.test("embeddings.class_embedding") ? "" : PREFIX;
    }

    /** Returns the number of states of a picture: one of all, and one of each patch. */
    public int states() {
        return 1 + (side / patch) * (side / patch);
    }

    /** Returns the tensors it needs: the last block is not run, nor what follows it. */
    public WeightLayout layout(String prefix) {
        WeightLayout layout = new WeightLayout()
                .tensor(prefix + "embeddings.class_embedding", width)
                .tensor(prefix + "embeddings.patch_embedding.weight", width, 3, patch, patch)
                .tensor(prefix + "embeddings.position_embedding.weight", states(), width)
                .norm(prefix + "pre_layrnorm", width);
        for (int i = 0; i < layers - 1; i++) {
            String b = prefix + "encoder.layers." + i;
            layout.norm(b + ".layer_norm1", width).norm(b + ".layer_norm2", width);
            for (String projection : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
                layout.linear(b + ".self_attn." + projection, width, width);
            }
            layout.linear(b + ".mlp.fc1", width, feedForward).linear(b + ".mlp.fc2", feedForward, width);
        }
        return layout;
    }
}
