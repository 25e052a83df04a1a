package dev.sluice.flow.internal;

import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * The sizes of an SD3 transformer, by the names of diffusers' {@code config.json}.
 *
 * @param sampleSize latent rows and columns the model was made for
 * @param patchSize latent rows and columns of one token
 * @param inChannels latent channels
 * @param layers number of joint blocks
 * @param headSize width of one attention head
 * @param heads number of attention heads; the model's width is heads·headSize
 * @param jointAttentionSize width of the text states
 * @param pooledSize width of the pooled text vector
 * @param outChannels channels of the velocity
 * @param tableSide side of the square position table
 * @param dualAttentionLayers blocks whose image stream has a second attention of its own (SD3.5 medium)
 * @param queryKeyNorm whether queries and keys are normalised (SD3.5)
 */
public record Sd3Config(
        int sampleSize,
        int patchSize,
        int inChannels,
        int layers,
        int headSize,
        int heads,
        int jointAttentionSize,
        int pooledSize,
        int outChannels,
        int tableSide,
        Set<Integer> dualAttentionLayers,
        boolean queryKeyNorm) {
    public Sd3Config {
        for (int size : List.of(sampleSize, patchSize, inChannels, layers, headSize, heads, jointAttentionSize)) {
            Require.atLeast("a size in config.json", size, 1);
        }
        Require.atLeast("pooled_projection_dim", pooledSize, 1);
        Require.atLeast("out_channels", outChannels, 1);
        Require.atLeast("pos_embed_max_size", tableSide, 1);
        dualAttentionLayers = Set.copyOf(dualAttentionLayers);
    }

    /** Returns the model's width. */
    public int width() {
        return heads * headSize;
    }

    /** Returns the same network with another number of channels in its last layer. */
    Sd3Config withOutChannels(int other) {
        return new Sd3Config(
                sampleSize,
                patchSize,
                inChannels,
                layers,
                headSize,
                heads,
                jointAttentionSize,
                pooledSize,
                other,
                tableSide,
                dualAttentionLayers,
                queryKeyNorm);
    }

    /** Parses a {@code config.json}. */
    public static Sd3Config of(ConfigFile config) throws IOException {
        config.requireText("qk_norm", "rms_norm");
        Sd3Config parsed = config.parsed(c -> new Sd3Config(
                c.integer("sample_size", 128),
                c.integer("patch_size", 2),
                c.integer("in_channels", 16),
                c.integer("num_layers", 18),
                c.integer("attention_head_dim", 64),
                c.integer("num_attention_heads", 18),
                c.integer("joint_attention_dim", 4096),
                c.integer("pooled_projection_dim", 2048),
                c.integer("out_channels", c.integer("in_channels", 16)),
                c.integer("pos_embed_max_size", 96),
                Set.copyOf(c.integers("dual_attention_layers")),
                c.has("qk_norm")));
        if (config.integer("caption_projection_dim", parsed.width()) != parsed.width()) {
            throw new IOException("%s: caption_projection_dim (%s) must be num_attention_heads·attention_head_dim (%s)."
                    .formatted(config.path(), config.integer("caption_projection_dim"), parsed.width()));
        }
        return parsed;
    }

    /** Returns the tensors it needs. */
    public WeightLayout layout() {
        int width = width();
        WeightLayout layout = new WeightLayout()
                .tensor("pos_embed.pos_embed", 1, (long) tableSide * tableSide, width)
                .convolution("pos_embed.proj", inChannels, width, patchSize)
                .linear("time_text_embed.timestep_embedder.linear_1", 256, width)
                .linear("time_text_embed.timestep_embedder.linear_2", width, width)
                .linear("time_text_embed.text_embedder.linear_1", pooledSize, width)
                .linear("time_text_embed.text_embedder.linear_2", width, width)
                .linear("context_embedder", jointAttentionSize, width);
        for (int i = 0; i < layers; i++) {
            block(layout, "transformer_blocks." + i, dualAttentionLayers.contains(i), i == layers - 1);
        }
        return layout.linear("norm_out.linear", width, 2L * width)
                .linear("proj_out", width, (long) patchSize * patchSize * outChannels);
    }

    private void block(WeightLayout layout, String name, boolean dual, boolean last) {
        int width = width();
        layout.linear(name + ".norm1.linear", width, (dual ? 9L : 6L) * width);
        layout.linear(name + ".norm1_context.linear", width, (last ? 2L : 6L) * width);
        attention(layout, name + ".attn", List.of("to_q", "to_k", "to_v", "to_out.0"), List.of("norm_q", "norm_k"));
        attention(
                layout,
                name + ".attn",
                List.of("add_q_proj", "add_k_proj", "add_v_proj"),
                List.of("norm_added_q", "norm_added_k"));
        if (dual) {
            attention(
                    layout, name + ".attn2", List.of("to_q", "to_k", "to_v", "to_out.0"), List.of("norm_q", "norm_k"));
        }
        feedForward(layout, name + ".ff");
        if (!last) {
            layout.linear(name + ".attn.to_add_out", width, width);
            feedForward(layout, name + ".ff_context");
        }
    }

    private void attention(WeightLayout layout, String name, List<String> projections, List<String> norms) {
        projections.forEach(projection -> layout.linear(name + "." + projection, width(), width()));
        if (queryKeyNorm) {
            norms.forEach(norm -> layout.tensor(name + "." + norm + ".weight", headSize));
        }
    }

    private void feedForward(WeightLayout layout, String name) {
        layout.linear(name + ".net.0.proj", width(), 4L * width()).linear(name + ".net.2", 4L * width(), width());
    }
}
