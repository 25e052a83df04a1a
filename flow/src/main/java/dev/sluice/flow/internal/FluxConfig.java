package dev.sluice.flow.internal;

import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.util.List;

/**
 * The sizes of a FLUX transformer, by the names of diffusers' {@code config.json}.
 *
 * @param inChannels features of one token: four latents with all their channels
 * @param doubleLayers number of blocks with a stream for the image and one for the text
 * @param singleLayers number of blocks with a single stream
 * @param headSize width of one attention head
 * @param heads number of attention heads; the model's width is heads·headSize
 * @param jointAttentionSize width of the text states
 * @param pooledSize width of the pooled text vector
 * @param guided whether the guidance scale is an input (FLUX.1 dev, not schnell)
 * @param rotaryAxes features of a head that turn with each of the three position ids
 */
public record FluxConfig(
        int inChannels,
        int doubleLayers,
        int singleLayers,
        int headSize,
        int heads,
        int jointAttentionSize,
        int pooledSize,
        boolean guided,
        List<Integer> rotaryAxes) {
    /** Latent rows and columns of one token. */
    static final int PATCH = 2;

    private static final int TIME_FEATURES = 256;

    public FluxConfig {
        Require.atLeast("in_channels", inChannels, PATCH * PATCH);
        Require.atLeast("num_layers", doubleLayers, 0);
        Require.atLeast("num_single_layers", singleLayers, 0);
        Require.atLeast("attention_head_dim", headSize, 1);
        Require.atLeast("num_attention_heads", heads, 1);
        Require.atLeast("joint_attention_dim", jointAttentionSize, 1);
        Require.atLeast("pooled_projection_dim", pooledSize, 1);
        if (inChannels % (PATCH * PATCH) != 0) {
            throw new IllegalArgumentException("in_channels (%s) must be a multiple of 4.".formatted(inChannels));
        }
        rotaryAxes = List.copyOf(rotaryAxes);
        boolean even = rotaryAxes.stream().allMatch(size -> size >= 2 && size % 2 == 0);
        int sum = rotaryAxes.stream().mapToInt(Integer::intValue).sum();
        if (rotaryAxes.size() != 3 || !even || sum != headSize) {
            throw new IllegalArgumentException(
                    "axes_dims_rope (%s) must be three even numbers whose sum is attention_head_dim (%s)."
                            .formatted(rotaryAxes, headSize));
        }
    }

    /** Parses a {@code config.json}. */
    public static FluxConfig of(ConfigFile config) throws IOException {
        config.requireNumber("patch_size", 1);
        int channels = config.integer("in_channels", 64);
        config.requireNumber("out_channels", channels);
        List<Integer> axes = config.has("axes_dims_rope") ? config.integers("axes_dims_rope") : List.of(16, 56, 56);
        return config.parsed(c -> new FluxConfig(
                channels,
                c.integer("num_layers", 19),
                c.integer("num_single_layers", 38),
                c.integer("attention_head_dim", 128),
                c.integer("num_attention_heads", 24),
                c.integer("joint_attention_dim", 4096),
                c.integer("pooled_projection_dim", 768),
                c.flag("guidance_embeds", false),
                axes));
    }

    /** Returns the model's width. */
    public int width() {
        return heads * headSize;
    }

    /** Returns the channels of a latent. */
    public int latentChannels() {
        return inChannels / (PATCH * PATCH);
    }

    /** Returns the tensors it needs. */
    public WeightLayout layout() {
        int width = width();
        WeightLayout layout = new WeightLayout()
                .linear("x_embedder", inChannels, width)
                .linear("context_embedder", jointAttentionSize, width);
        embedder(layout, "timestep", TIME_FEATURES);
        if (guided) {
            embedder(layout, "guidance", TIME_FEATURES);
        }
        embedder(layout, "text", pooledSize);
        for (int i = 0; i < doubleLayers; i++) {
            doubleBlock(layout, "transformer_blocks." + i);
        }
        for (int i = 0; i < singleLayers; i++) {
            singleBlock(layout, "single_transformer_blocks." + i);
        }
        return layout.linear("norm_out.linear", width, 2L * width).linear("proj_out", width, inChannels);
    }

    private void embedder(WeightLayout layout, String name, long in) {
        layout.linear("time_text_embed." + name + "_embedder.linear_1", in, width())
                .linear("time_text_embed." + name + "_embedder.linear_2", width(), width());
    }

    private void doubleBlock(WeightLayout layout, String name) {
        int width = width();
        layout.linear(name + ".norm1.linear", width, 6L * width)
                .linear(name + ".norm1_context.linear", width, 6L * width);
        for (String projection :
                List.of("to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out")) {
            layout.linear(name + ".attn." + projection, width, width);
        }
        for (String norm : List.of("norm_q", "norm_k", "norm_added_q", "norm_added_k")) {
            layout.tensor(name + ".attn." + norm + ".weight", headSize);
        }
        for (String feedForward : List.of(".ff", ".ff_context")) {
            layout.linear(name + feedForward + ".net.0.proj", width, 4L * width)
                    .linear(name + feedForward + ".net.2", 4L * width, width);
        }
    }

    private void singleBlock(WeightLayout layout, String name) {
        int width = width();
        layout.linear(name + ".norm.linear", width, 3L * width)
                .linear(name + ".proj_mlp", width, 4L * width)
                .linear(name + ".proj_out", 5L * width, width);
        for (String projection : List.of("to_q", "to_k", "to_v")) {
            layout.linear(name + ".attn." + projection, width, width);
        }
        for (String norm : List.of("norm_q", "norm_k")) {
            layout.tensor(name + ".attn." + norm + ".weight", headSize);
        }
    }
}
