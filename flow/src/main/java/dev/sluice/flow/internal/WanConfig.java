package dev.sluice.flow.internal;

import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.util.List;

/**
 * The sizes of a Wan transformer, by the names of diffusers' {@code config.json}.
 *
 * @param patchSize latent frames, rows and columns of one token
 * @param heads number of attention heads; the model's width is heads·headSize
 * @param headSize width of one attention head
 * @param inChannels channels of the latents and of what is joined to them (36 from image to video)
 * @param outChannels channels of the velocity
 * @param textSize width of the text states
 * @param frequencies number of sinusoids of the time
 * @param feedForward inner width of the feed-forward layers
 * @param layers number of blocks
 * @param crossNorm whether tokens are normalised before they attend to the text
 * @param queryKeyNorm whether queries and keys are normalised
 * @param imageSize width of the picture's states (Wan 2.1 from image to video); 0 if there are none
 * @param mostPositions the most tokens along one axis
 * @param blockFrames frames of tokens that see each other and those before, but none after; 0 where all see all. Self Forcing's
 *     name for it is {@code num_frame_per_block}
 * @param usual the size that it was made for
 * @param predictsData whether it predicts the data, of which the velocity follows. Wan's own files have no such key; those of pretraining
 *     say {@code prediction_type: sample}, in the words of diffusers' schedulers
 */
public record WanConfig(
        List<Integer> patchSize,
        int heads,
        int headSize,
        int inChannels,
        int outChannels,
        int textSize,
        int frequencies,
        int feedForward,
        int layers,
        boolean crossNorm,
        boolean queryKeyNorm,
        int imageSize,
        int mostPositions,
        int blockFrames,
        Usual usual,
        boolean predictsData) {
    /** The key that tells what the network predicts; the velocity if it is left out. */
    static final String PREDICTION = "prediction_type";

    /** Its value where the network predicts the data. */
    static final String DATA = "sample";

    /**
     * The size that a network was made for. Wan's own files do not say it; those of pretraining do, by CogVideoX's names.
     *
     * @param rows latent rows ({@code sample_height})
     * @param columns latent columns ({@code sample_width})
     * @param frames of the video, not of its latents ({@code sample_frames})
     */
    public record Usual(int rows, int columns, int frames) {
        /** The 480p models, in whose shape diffusers' pipeline makes its default of 480·832, five seconds long. */
        public static final Usual WAN = new Usual(60, 104, 81);

        public Usual {
            Require.atLeast("sample_height", rows, 1);
            Require.atLeast("sample_width", columns, 1);
            Require.atLeast("sample_frames", frames, 1);
        }
    }

    public WanConfig {
        patchSize = List.copyOf(patchSize);
        if (patchSize.size() != 3
                || patchSize.stream().anyMatch(size -> size < 1)
                || !patchSize.get(1).equals(patchSize.get(2))) {
            throw new IllegalArgumentException(
                    "patch_size (%s) must be three numbers above 0, the last two equal.".formatted(patchSize));
        }
        Require.atLeast("num_attention_heads", heads, 1);
        Require.atLeast("attention_head_dim", headSize, 6);
        Require.atLeast("out_channels", outChannels, 1);
        Require.atLeast("in_channels", inChannels, outChannels);
        Require.atLeast("text_dim", textSize, 1);
        Require.atLeast("freq_dim", frequencies, 2);
        Require.atLeast("ffn_dim", feedForward, 1);
        Require.atLeast("num_layers", layers, 1);
        Require.atLeast("image_dim", imageSize, 0);
        Require.atLeast("rope_max_seq_len", mostPositions, 1);
        Require.atLeast("num_frame_per_block", blockFrames, 0);
        if (headSize % 2 != 0) {
            throw new IllegalArgumentException("attention_head_dim (%s) must be even.".formatted(headSize));
        }
    }

    /** Parses a {@code config.json}. */
    public static WanConfig of(ConfigFile config) throws IOException {
        config.requireText("qk_norm", "rms_norm_across_heads");
        config.requireNumber("eps", 1e-6);
        if (config.has("pos_embed_seq_len")) {
            throw new IOException(
                    "%s: pos_embed_seq_len must be null; models from a first and a last frame are not known."
                            .formatted(config.path()));
        }
        List<Integer> patch = config.has("patch_size") ? config.integers("patch_size") : List.of(1, 2, 2);
        WanConfig parsed = config.parsed(c -> new WanConfig(
                patch,
                c.integer("num_attention_heads", 40),
                c.integer("attention_head_dim", 128),
                c.integer("in_channels", 16),
                c.integer("out_channels", 16),
                c.integer("text_dim", 4096),
                c.integer("freq_dim", 256),
                c.integer("ffn_dim", 13824),
                c.integer("num_layers", 40),
                c.flag("cross_attn_norm", true),
                c.has("qk_norm"),
                c.integer("image_dim", 0),
                c.integer("rope_max_seq_len", 1024),
                c.integer("num_frame_per_block", 0),
                new Usual(
                        c.integer("sample_height", Usual.WAN.rows()),
                        c.integer("sample_width", Usual.WAN.columns()),
                        c.integer("sample_frames", Usual.WAN.frames())),
                predictsData(c)));
        int added = config.integer("added_kv_proj_dim", parsed.imageSize == 0 ? 0 : parsed.width());
        if (added != (parsed.imageSize == 0 ? 0 : parsed.width())) {
            throw new IOException(
                    "%s: added_kv_proj_dim (%s) must be num_attention_heads·attention_head_dim (%s) where there is an image_dim, else null."
                            .formatted(config.path(), added, parsed.width()));
        }
        return parsed;
    }

    private static boolean predictsData(ConfigFile config) throws IOException {
        if (!config.has(PREDICTION)) {
            return false;
        }
        config.requireText(PREDICTION, DATA);
        return true;
    }

    /** Returns the model's width. */
    public int width() {
        return heads * headSize;
    }

    /** Returns the channels that are joined to the latents: a mask and a picture's latents, or none. */
    public int joinedChannels() {
        return inChannels - outChannels;
    }

    /** Returns the tensors it needs. */
    public WeightLayout layout() {
        int width = width();
        long patch = (long) patchSize.get(0) * patchSize.get(1) * patchSize.get(2);
        String c = "condition_embedder.";
        WeightLayout layout = new WeightLayout()
                .tensor(
                        "patch_embedding.weight",
                        width,
                        inChannels,
                        patchSize.get(0),
                        patchSize.get(1),
                        patchSize.get(2))
                .tensor("patch_embedding.bias", width)
                .linear(c + "time_embedder.linear_1", frequencies, width)
                .linear(c + "time_embedder.linear_2", width, width)
                .linear(c + "time_proj", width, 6L * width)
                .linear(c + "text_embedder.linear_1", textSize, width)
                .linear(c + "text_embedder.linear_2", width, width);
        if (imageSize > 0) {
            layout.norm(c + "image_embedder.norm1", imageSize)
                    .linear(c + "image_embedder.ff.net.0.proj", imageSize, imageSize)
                    .linear(c + "image_embedder.ff.net.2", imageSize, width)
                    .norm(c + "image_embedder.norm2", width);
        }
        for (int i = 0; i < layers; i++) {
            block(layout, "blocks." + i);
        }
        return layout.tensor("scale_shift_table", 1, 2, width).linear("proj_out", width, patch * outChannels);
    }

    private void block(WeightLayout layout, String name) {
        int width = width();
        layout.tensor(name + ".scale_shift_table", 1, 6, width);
        if (crossNorm) {
            layout.norm(name + ".norm2", width);
        }
        attention(layout, name + ".attn1");
        attention(layout, name + ".attn2");
        if (imageSize > 0) {
            layout.linear(name + ".attn2.add_k_proj", width, width).linear(name + ".attn2.add_v_proj", width, width);
            if (queryKeyNorm) {
                layout.tensor(name + ".attn2.norm_added_k.weight", width);
            }
        }
        layout.linear(name + ".ffn.net.0.proj", width, feedForward).linear(name + ".ffn.net.2", feedForward, width);
    }

    private void attention(WeightLayout layout, String name) {
        for (String projection : List.of("to_q", "to_k", "to_v", "to_out.0")) {
            layout.linear(name + "." + projection, width(), width());
        }
        if (queryKeyNorm) {
            layout.tensor(name + ".norm_q.weight", width()).tensor(name + ".norm_k.weight", width());
        }
    }
}
