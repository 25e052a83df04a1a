package dev.sluice.flow.internal;

import dev.sluice.flow.tensor.Require;
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
}
