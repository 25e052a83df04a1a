package dev.sluice.flow.internal;

import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.util.List;

/**
 * The sizes of an image autoencoder, by the names of diffusers' {@code config.json}.
 *
 * @param inChannels channels of the images that it encodes
 * @param outChannels channels of the images that it decodes
 * @param latentChannels channels of a latent
 * @param blockChannels channels of each resolution, finest first; each but the last halves the picture
 * @param layersPerBlock residual blocks of a resolution while encoding, one less than while decoding
 * @param groups groups of every group norm
 * @param middleAttention whether the coarsest resolution has an attention
 * @param quantConvolution whether a 1×1 convolution follows the encoder
 * @param postQuantConvolution whether a 1×1 convolution precedes the decoder
 * @param scalingFactor what latents are multiplied by for the diffusion model
 * @param shiftFactor what is taken from them before that
 * @param sampleSize picture rows and columns that the network was made for
 */
public record VaeConfig(
        int inChannels,
        int outChannels,
        int latentChannels,
        List<Integer> blockChannels,
        int layersPerBlock,
        int groups,
        boolean middleAttention,
        boolean quantConvolution,
        boolean postQuantConvolution,
        double scalingFactor,
        double shiftFactor,
        int sampleSize) {
    public VaeConfig {
        Require.atLeast("in_channels", inChannels, 1);
        Require.atLeast("out_channels", outChannels, 1);
        Require.atLeast("latent_channels", latentChannels, 1);
        Require.atLeast("layers_per_block", layersPerBlock, 1);
        Require.atLeast("norm_num_groups", groups, 1);
        Require.atLeast("the number of block_out_channels", blockChannels.size(), 1);
        Require.positive("scaling_factor", scalingFactor);
        Require.atLeast("sample_size", sampleSize, 1);
        for (int channels : blockChannels) {
            Require.atLeast("block_out_channels", channels, 1);
            if (channels % groups != 0) {
                throw new IllegalArgumentException("block_out_channels (%s) must be multiples of norm_num_groups (%s)."
                        .formatted(blockChannels, groups));
            }
        }
        blockChannels = List.copyOf(blockChannels);
    }

    /** Parses a {@code config.json}. */
    public static VaeConfig of(ConfigFile config) throws IOException {
        config.requireText("act_fn", "silu");
        for (String key : new String[] {"latents_mean", "latents_std"}) {
            if (config.has(key)) {
                throw new IOException("%s: %s must be null for an AutoencoderKL.".formatted(config.path(), key));
            }
        }
        for (String type : config.texts("down_block_types")) {
            requireBlock(config, "down_block_types", type, "DownEncoderBlock2D");
        }
        for (String type : config.texts("up_block_types")) {
            requireBlock(config, "up_block_types", type, "UpDecoderBlock2D");
        }
        return config.parsed(c -> new VaeConfig(
                c.integer("in_channels", 3),
                c.integer("out_channels", 3),
                c.integer("latent_channels", 4),
                c.integers("block_out_channels"),
                c.integer("layers_per_block", 1),
                c.integer("norm_num_groups", 32),
                c.flag("mid_block_add_attention", true),
                c.flag("use_quant_conv", true),
                c.flag("use_post_quant_conv", true),
                c.number("scaling_factor", 0.18215),
                c.number("shift_factor", 0),
                c.integer("sample_size", 32)));
    }

    private static void requireBlock(ConfigFile config, String key, String type, String known) throws IOException {
        if (!type.equals(known)) {
            throw new IOException("%s: %s (%s) must be %s.".formatted(config.path(), key, type, known));
        }
    }

    /** Returns how many picture rows and columns one latent row and column stands for. */
    public int factor() {
        return 1 << (blockChannels.size() - 1);
    }

    /** Returns the most channels for each pixel that the decoder passes: those that a resolution is given by the coarser one. */
    double widestChannels() {
        double most = 0;
        for (int i = 0; i < blockChannels.size(); i++) {
            int given = blockChannels.get(Math.min(i + 1, blockChannels.size() - 1));
            most = Math.max(most, given / Math.pow(4, i));
        }
        return most;
    }

    /** Returns the tensors it needs. */
    public WeightLayout layout() {
        WeightLayout layout = new WeightLayout();
        int finest = blockChannels.get(0);
        int coarsest = blockChannels.get(blockChannels.size() - 1);
        layout.convolution("encoder.conv_in", inChannels, finest, 3);
        int channels = finest;
        for (int i = 0; i < blockChannels.size(); i++) {
            String b = "encoder.down_blocks." + i;
            channels = resnets(layout, b, channels, blockChannels.get(i), layersPerBlock);
            if (i < blockChannels.size() - 1) {
                layout.convolution(b + ".downsamplers.0.conv", channels, channels, 3);
            }
        }
        middle(layout, "encoder.mid_block", coarsest);
        layout.norm("encoder.conv_norm_out", coarsest);
        layout.convolution("encoder.conv_out", coarsest, 2L * latentChannels, 3);
        if (quantConvolution) {
            layout.convolution("quant_conv", 2L * latentChannels, 2L * latentChannels, 1);
        }
        if (postQuantConvolution) {
            layout.convolution("post_quant_conv", latentChannels, latentChannels, 1);
        }
        layout.convolution("decoder.conv_in", latentChannels, coarsest, 3);
        middle(layout, "decoder.mid_block", coarsest);
        channels = coarsest;
        for (int i = 0; i < blockChannels.size(); i++) {
            String b = "decoder.up_blocks." + i;
            int out = blockChannels.get(blockChannels.size() - 1 - i);
            channels = resnets(layout, b, channels, out, layersPerBlock + 1);
            if (i < blockChannels.size() - 1) {
                layout.convolution(b + ".upsamplers.0.conv", channels, channels, 3);
            }
        }
        return layout.norm("decoder.conv_norm_out", finest).convolution("decoder.conv_out", finest, outChannels, 3);
    }

    private static int resnets(WeightLayout layout, String block, int in, int out, int count) {
        for (int i = 0; i < count; i++) {
            resnet(layout, block + ".resnets." + i, i == 0 ? in : out, out);
        }
        return out;
    }

    private static void resnet(WeightLayout layout, String name, int in, int out) {
        layout.norm(name + ".norm1", in).convolution(name + ".conv1", in, out, 3);
        layout.norm(name + ".norm2", out).convolution(name + ".conv2", out, out, 3);
        if (in != out) {
            layout.convolution(name + ".conv_shortcut", in, out, 1);
        }
    }

    private void middle(WeightLayout layout, String name, int channels) {
        resnet(layout, name + ".resnets.0", channels, channels);
        if (middleAttention) {
            String a = name + ".attentions.0";
            layout.norm(a + ".group_norm", channels);
            for (String projection : new String[] {"to_q", "to_k", "to_v", "to_out.0"}) {
                layout.linear(a + "." + projection, channels, channels);
            }
        }
        resnet(layout, name + ".resnets.1", channels, channels);
    }
}
