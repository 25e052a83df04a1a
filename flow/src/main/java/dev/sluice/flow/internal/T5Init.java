package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;

/** Fresh weights for a T5 encoder, normal with the deviations of Raffel et al. (2020), as transformers draws them. */
public final class T5Init {
    private T5Init() {}

    /**
     * Returns new weights that belong to {@code manager}.
     *
     * @param tablePerBlock whether every block has its own table of relative positions (UMT5) and not the first alone (T5)
     */
    public static Weights weights(NDManager manager, T5Config config, boolean tablePerBlock, NoiseSource noise) {
        Weights weights = new Weights(manager);
        int width = config.width();
        int inner = config.heads() * config.headSize();
        double byWidth = 1 / Math.sqrt(width);
        normal(weights, noise, "shared.weight", 1, config.vocabulary(), width);
        for (int i = 0; i < config.layers(); i++) {
            String block = "encoder.block." + i;
            String attention = block + ".layer.0.SelfAttention.";
            normal(
                    weights,
                    noise,
                    attention + "q.weight",
                    1 / Math.sqrt((double) width * config.headSize()),
                    inner,
                    width);
            normal(weights, noise, attention + "k.weight", byWidth, inner, width);
            normal(weights, noise, attention + "v.weight", byWidth, inner, width);
            normal(weights, noise, attention + "o.weight", 1 / Math.sqrt(inner), width, inner);
            if (i == 0 || tablePerBlock) {
                normal(
                        weights,
                        noise,
                        attention + "relative_attention_bias.weight",
                        byWidth,
                        config.buckets(),
                        config.heads());
            }
            weights.put(block + ".layer.0.layer_norm.weight", manager.ones(new Shape(width)));
            String dense = block + ".layer.1.DenseReluDense.";
            for (String part : config.gated() ? new String[] {"wi_0", "wi_1"} : new String[] {"wi"}) {
                normal(weights, noise, dense + part + ".weight", byWidth, config.feedForward(), width);
            }
            normal(
                    weights,
                    noise,
                    dense + "wo.weight",
                    1 / Math.sqrt(config.feedForward()),
                    width,
                    config.feedForward());
            weights.put(block + ".layer.1.layer_norm.weight", manager.ones(new Shape(width)));
        }
        weights.put("encoder.final_layer_norm.weight", manager.ones(new Shape(width)));
        return weights;
    }

    private static void normal(Weights weights, NoiseSource noise, String name, double deviation, int out, int in) {
        try (NDArray unit = noise.gaussian(weights.manager(), new Shape(out, in))) {
            weights.put(name, Torch.scaled(unit, deviation));
        }
    }
}
