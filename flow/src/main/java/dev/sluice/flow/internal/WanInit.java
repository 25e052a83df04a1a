package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;

/**
 * Fresh weights for a Wan transformer: linear layers as Glorot and Bengio (2010), the time's as N(0, 0.02²), norms at one, and
 * tables of shifts and scales, the time's modulation and the last layer at zero, so that every block starts by adding nothing but
 * what it reads in the text.
 */
final class WanInit {
    private WanInit() {}

    private static final String LAST = "proj_out.";

    /**
     * Returns new weights that belong to {@code manager}.
     *
     * @param labels channels that are predicted behind those of the config
     */
    static Weights weights(NDManager manager, WanConfig config, int labels, NoiseSource noise) {
        Weights weights = new Weights(manager);
        config.layout()
                .shapes()
                .forEach((name, shape) ->
                        weights.put(name, fresh(manager, name, widened(name, shape, config, labels), noise)));
        return weights;
    }

    private static Shape widened(String name, Shape shape, WanConfig config, int labels) {
        if (!name.startsWith(LAST)) {
            return shape;
        }
        long[] sizes = shape.getShape().clone();
        sizes[0] = sizes[0] / config.outChannels() * (config.outChannels() + labels);
        return new Shape(sizes);
    }

    private static NDArray fresh(NDManager manager, String name, Shape shape, NoiseSource noise) {
        if (name.contains("norm") && name.endsWith(".weight")) {
            return manager.ones(shape);
        }
        if (name.endsWith(".bias")
                || name.endsWith("scale_shift_table")
                || name.startsWith(LAST)
                || name.contains("time_proj.")) {
            return manager.zeros(shape);
        }
        if (name.contains("time_embedder.")) {
            try (NDArray unit = noise.gaussian(manager, shape)) {
                return Torch.scaled(unit, 0.02);
            }
        }
        double in = (double) shape.size() / shape.get(0);
        double bound = Math.sqrt(6 / (in + shape.get(0)));
        float[] values = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((2 * noise.uniform() - 1) * bound);
        }
        return manager.create(values, shape);
    }
}
