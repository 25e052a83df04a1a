package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;

/**
 * Fresh weights for an SD3 transformer: linear layers as Glorot and Bengio (2010), modulations and the last layer zero, so
 * that every block starts as the identity (Peebles and Xie 2023, arXiv:2212.09748), a sine-cosine position table.
 */
public final class Sd3Init {
    /** The position table, which is not trained. */
    public static final String POSITION_TABLE = "pos_embed.pos_embed";

    private final Weights weights;
    private final NDManager manager;
    private final NoiseSource noise;

    private Sd3Init(NDManager manager, NoiseSource noise) {
        this.manager = manager;
        this.weights = new Weights(manager);
        this.noise = noise;
    }

    /** Returns new weights that belong to {@code manager}. */
    public static Weights weights(NDManager manager, Sd3Config config, NoiseSource noise) {
        Sd3Init init = new Sd3Init(manager, noise);
        init.all(config);
        return init.weights;
    }

    private void all(Sd3Config config) {
        int width = config.width();
        int patch = config.patchSize();
        int patchValues = config.inChannels() * patch * patch;
        NDArray projection = uniform(Math.sqrt(6.0 / (patchValues + width)), width, patchValues);
        weights.put("pos_embed.proj.weight", projection.reshape(width, config.inChannels(), patch, patch));
        weights.put("pos_embed.proj.bias", manager.zeros(new Shape(width)));
        weights.put(POSITION_TABLE, positions(config));
        normal("time_text_embed.timestep_embedder.linear_1", width, 256);
        normal("time_text_embed.timestep_embedder.linear_2", width, width);
        linear("time_text_embed.text_embedder.linear_1", width, config.pooledSize());
        linear("time_text_embed.text_embedder.linear_2", width, width);
        linear("context_embedder", width, config.jointAttentionSize());
        for (int i = 0; i < config.layers(); i++) {
            block(
                    "transformer_blocks." + i,
                    config,
                    i == config.layers() - 1,
                    config.dualAttentionLayers().contains(i));
        }
        zero("norm_out.linear", 2 * width, width);
        zero("proj_out", patch * patch * config.outChannels(), width);
    }

    private void block(String name, Sd3Config config, boolean last, boolean dual) {
        int width = config.width();
        zero(name + ".norm1.linear", (dual ? 9 : 6) * width, width);
        zero(name + ".norm1_context.linear", (last ? 2 : 6) * width, width);
        attention(name + ".attn", config, "to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj");
        if (dual) {
            attention(name + ".attn2", config, "to_q", "to_k", "to_v", "to_out.0");
        }
        if (config.queryKeyNorm()) {
            ones(name + ".attn.norm_added_q.weight", config.headSize());
            ones(name + ".attn.norm_added_k.weight", config.headSize());
        }
        feedForward(name + ".ff", width);
        if (!last) {
            linear(name + ".attn.to_add_out", width, width);
            feedForward(name + ".ff_context", width);
        }
    }

    private void attention(String name, Sd3Config config, String... projections) {
        for (String projection : projections) {
            linear(name + "." + projection, config.width(), config.width());
        }
        if (config.queryKeyNorm()) {
            ones(name + ".norm_q.weight", config.headSize());
            ones(name + ".norm_k.weight", config.headSize());
        }
    }

    private void feedForward(String name, int width) {
        linear(name + ".net.0.proj", 4 * width, width);
        linear(name + ".net.2", width, 4 * width);
    }

    private void linear(String name, int out, int in) {
        put(name, uniform(Math.sqrt(6.0 / (in + out)), out, in), out);
    }

    private void normal(String name, int out, int in) {
        try (NDArray unit = noise.gaussian(manager, new Shape(out, in))) {
            put(name, Torch.scaled(unit, 0.02), out);
        }
    }

    private void zero(String name, int out, int in) {
        put(name, manager.zeros(new Shape(out, in)), out);
    }

    private void put(String name, NDArray weight, int out) {
        weights.put(name + ".weight", weight);
        weights.put(name + ".bias", manager.zeros(new Shape(out)));
    }

    private void ones(String name, int size) {
        weights.put(name, manager.ones(new Shape(size)));
    }

    private NDArray uniform(double bound, int out, int in) {
        float[] values = new float[out * in];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((2 * noise.uniform() - 1) * bound);
        }
        return manager.create(values, new Shape(out, in));
    }

    private NDArray positions(Sd3Config config) {
        int side = config.tableSide();
        int rows = config.sampleSize() / config.patchSize();
        double spacing = (double) rows / side;
        return manager.create(
                sineCosineTable(config.width(), side, spacing), new Shape(1, (long) side * side, config.width()));
    }

    /**
     * Returns a sine-cosine table of a square grid, row by row: for each place the sines and cosines of its column, then
     * those of its row.
     *
     * @param width numbers for each place, a multiple of 4
     * @param side places in a row and in a column
     * @param spacing distance between neighbours
     */
    static float[] sineCosineTable(int width, int side, double spacing) {
        float[] table = new float[side * side * width];
        int quarter = width / 4;
        for (int place = 0; place < side * side; place++) {
            for (int axis = 0; axis < 2; axis++) {
                double at = (axis == 0 ? place % side : place / side) * spacing;
                for (int i = 0; i < quarter; i++) {
                    double angle = at * Math.pow(10_000, -(double) i / quarter);
                    int start = place * width + axis * 2 * quarter + i;
                    table[start] = (float) Math.sin(angle);
                    table[start + quarter] = (float) Math.cos(angle);
                }
            }
        }
        return table;
    }
}
