package dev.sluice.flow.internal;

import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The sizes of Wan's video autoencoder, by the names of diffusers' {@code config.json}.
 *
 * @param channels channels of the finest resolution (base_dim)
 * @param latentChannels channels of a latent (z_dim)
 * @param multiples channels of each resolution in multiples of {@code channels}, finest first; each but the last halves the
 *     picture
 * @param layersPerBlock residual blocks of a resolution while encoding, one less than while decoding
 * @param halvesFrames which of the halvings also halve the number of frames, finest first
 * @param means what is taken from each channel of a latent for the diffusion model
 * @param deviations what it is divided by after that
 */
public record WanVaeConfig(
        int channels,
        int latentChannels,
        List<Integer> multiples,
        int layersPerBlock,
        List<Boolean> halvesFrames,
        List<Double> means,
        List<Double> deviations) {
    public WanVaeConfig {
        Require.atLeast("base_dim", channels, 1);
        Require.atLeast("z_dim", latentChannels, 1);
        Require.atLeast("num_res_blocks", layersPerBlock, 1);
        Require.atLeast("the number of dim_mult", multiples.size(), 1);
        multiples = List.copyOf(multiples);
        halvesFrames = List.copyOf(halvesFrames);
        means = List.copyOf(means);
        deviations = List.copyOf(deviations);
        multiples.forEach(multiple -> Require.atLeast("dim_mult", multiple, 1));
        deviations.forEach(deviation -> Require.positive("latents_std", deviation));
        requireSize("temperal_downsample", halvesFrames, multiples.size() - 1);
        requireSize("latents_mean", means, latentChannels);
        requireSize("latents_std", deviations, latentChannels);
    }

    private static void requireSize(String name, List<?> list, int size) {
        if (list.size() != size) {
            throw new IllegalArgumentException("%s (%s) must have %s entries.".formatted(name, list, size));
        }
    }

    /** Parses a {@code config.json}. */
    public static WanVaeConfig of(ConfigFile config) throws IOException {
        if (config.flag("is_residual", false)) {
            throw new IOException("%s: is_residual (true) must be false; Wan 2.2's smaller autoencoder is not known."
                    .formatted(config.path()));
        }
        if (config.has("patch_size") || !config.numbers("attn_scales").isEmpty()) {
            throw new IOException("%s: patch_size must be null and attn_scales empty.".formatted(config.path()));
        }
        config.requireNumber("in_channels", 3);
        config.requireNumber("out_channels", 3);
        int channels = config.integer("base_dim", 96);
        config.requireNumber("decoder_base_dim", channels);
        return config.parsed(c -> new WanVaeConfig(
                channels,
                c.integer("z_dim", 16),
                c.has("dim_mult") ? c.integers("dim_mult") : List.of(1, 2, 4, 4),
                c.integer("num_res_blocks", 2),
                c.has("temperal_downsample") ? c.flags("temperal_downsample") : List.of(false, true, true),
                c.numbers("latents_mean"),
                c.numbers("latents_std")));
    }

    /** Returns how many picture rows and columns one latent row and column stands for. */
    public int factor() {
        return 1 << (multiples.size() - 1);
    }

    /** Returns how many frames one latent frame stands for, after the first. */
    public int frameFactor() {
        return 1 << Collections.frequency(halvesFrames, true);
    }

    private int width(int level) {
        return channels * multiples.get(level);
    }

    /** Returns the tensors it needs. */
    public WeightLayout layout() {
        WeightLayout layout = new WeightLayout();
        int last = multiples.size() - 1;
        convolution(layout, "encoder.conv_in", 3, channels, 3);
        int in = channels;
        int block = 0;
        for (int i = 0; i <= last; i++) {
            for (int j = 0; j < layersPerBlock; j++) {
                resnet(layout, "encoder.down_blocks." + block++, in, width(i));
                in = width(i);
            }
            if (i < last) {
                String name = "encoder.down_blocks." + block++;
                layout.convolution(name + ".resample.1", in, in, 3);
                time(layout, name, in, in, halvesFrames.get(i));
            }
        }
        middle(layout, "encoder.mid_block", in);
        layout.tensor("encoder.norm_out.gamma", in, 1, 1, 1);
        convolution(layout, "encoder.conv_out", in, 2L * latentChannels, 3);
        convolution(layout, "quant_conv", 2L * latentChannels, 2L * latentChannels, 1);
        convolution(layout, "post_quant_conv", latentChannels, latentChannels, 1);
        convolution(layout, "decoder.conv_in", latentChannels, width(last), 3);
        middle(layout, "decoder.mid_block", width(last));
        decoder(layout, last);
        layout.tensor("decoder.norm_out.gamma", width(0), 1, 1, 1);
        convolution(layout, "decoder.conv_out", width(0), 3, 3);
        return layout;
    }

    private void decoder(WeightLayout layout, int last) {
        List<Boolean> doubles = new ArrayList<>(halvesFrames);
        Collections.reverse(doubles);
        int in = width(last);
        for (int i = 0; i <= last; i++) {
            String name = "decoder.up_blocks." + i;
            int out = width(last - i);
            for (int j = 0; j <= layersPerBlock; j++) {
                resnet(layout, name + ".resnets." + j, j == 0 ? in : out, out);
            }
            if (i < last) {
                in = out / 2;
                layout.convolution(name + ".upsamplers.0.resample.1", out, in, 3);
                time(layout, name + ".upsamplers.0", out, 2L * out, doubles.get(i));
            }
        }
    }

    private static void convolution(WeightLayout layout, String name, long in, long out, long side) {
        layout.tensor(name + ".weight", out, in, side, side, side).tensor(name + ".bias", out);
    }

    private static void time(WeightLayout layout, String name, long in, long out, boolean there) {
        if (there) {
            layout.tensor(name + ".time_conv.weight", out, in, 3, 1, 1).tensor(name + ".time_conv.bias", out);
        }
    }

    private static void resnet(WeightLayout layout, String name, int in, int out) {
        layout.tensor(name + ".norm1.gamma", in, 1, 1, 1).tensor(name + ".norm2.gamma", out, 1, 1, 1);
        convolution(layout, name + ".conv1", in, out, 3);
        convolution(layout, name + ".conv2", out, out, 3);
        if (in != out) {
            convolution(layout, name + ".conv_shortcut", in, out, 1);
        }
    }

    private static void middle(WeightLayout layout, String name, int channels) {
        resnet(layout, name + ".resnets.0", channels, channels);
        layout.tensor(name + ".attentions.0.norm.gamma", channels, 1, 1)
                .convolution(name + ".attentions.0.to_qkv", channels, 3L * channels, 1)
                .convolution(name + ".attentions.0.proj", channels, channels, 1);
        resnet(layout, name + ".resnets.1", channels, channels);
    }
}
