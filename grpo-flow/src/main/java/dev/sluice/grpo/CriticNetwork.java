package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A small network of noisy latents: patches are embedded with their place, gated by the prompt and shifted by the level of noise, mixed
 * with their mean, and pooled.
 *
 * @param latent shape of one sample's latents; (C, h, w) is cut into patches, anything else is one
 * @param pooled length of the prompt's pooled embedding
 * @param width features of each patch
 */
record CriticNetwork(Shape latent, int pooled, int width) {
    private static final int FREQUENCIES = 8;
    private static final int[] PATCHES = {4, 2};
    private static final double GAIN = 1;

    private int patch() {
        for (int side : PATCHES) {
            if (latent.dimension() == 3 && latent.get(1) % side == 0 && latent.get(2) % side == 0) {
                return side;
            }
        }
        return 1;
    }

    private long tokens() {
        return latent.dimension() == 3 ? latent.get(1) * latent.get(2) / patch() / patch() : 1;
    }

    /** Returns the shapes of the weights; what has one axis begins at zero. */
    private Map<String, Shape> shapes() {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put("patch.weight", new Shape(latent.size() / tokens(), width));
        shapes.put("place", new Shape(tokens(), width));
        shapes.put("prompt.weight", new Shape(pooled, width));
        shapes.put("gate.weight", new Shape(pooled, width));
        shapes.put("level.weight", new Shape(2 * FREQUENCIES, width));
        shapes.put("bias", new Shape(width));
        shapes.put("own.weight", new Shape(width, width));
        shapes.put("mean.weight", new Shape(width, width));
        shapes.put("hidden.bias", new Shape(width));
        shapes.put("out.bias", new Shape(1));
        return shapes;
    }

    /** Puts initial weights: V is 0 everywhere, because the last layer is. */
    void initialise(Weights weights, NoiseSource noise) {
        shapes().forEach((name, shape) -> {
            if (shape.dimension() == 1) {
                weights.put(name, weights.manager().zeros(shape));
            } else {
                try (NDArray unit = noise.gaussian(weights.manager(), shape)) {
                    weights.put(name, Torch.scaled(unit, GAIN / Math.sqrt(shape.get(0))));
                }
            }
        });
        weights.put("out.weight", weights.manager().zeros(new Shape(width, 1)));
    }

    /**
     * Returns V, shape (B), owned by the manager of {@code latents}.
     *
     * @param latents x_σ, shape (B, ...), float32
     * @param sigmas one for each sample
     * @param prompts shape (B, pooled)
     */
    NDArray values(Weights weights, NDArray latents, double[] sigmas, NDArray prompts) {
        int size = sigmas.length;
        NDArray owned = Torch.detached(prompts);
        owned.attach(latents.getManager());
        NDArray level = levels(latents, sigmas).matMul(weights.get("level.weight"));
        NDArray side = level.add(owned.matMul(weights.get("prompt.weight"))).add(weights.get("bias"));
        NDArray gate = owned.matMul(weights.get("gate.weight")).add(1f).reshape(size, 1, width);
        NDArray embedded = patches(latents).matMul(weights.get("patch.weight"));
        NDArray first = embedded.mul(gate)
                .add(side.reshape(size, 1, width))
                .add(weights.get("place"))
                .tanh();
        NDArray mean = first.mean(new int[] {1}, true).matMul(weights.get("mean.weight"));
        NDArray second = first.matMul(weights.get("own.weight"))
                .add(mean)
                .add(weights.get("hidden.bias"))
                .tanh()
                .add(first);
        return second.mean(new int[] {1})
                .matMul(weights.get("out.weight"))
                .add(weights.get("out.bias"))
                .reshape(size);
    }

    private NDArray patches(NDArray latents) {
        long size = latents.getShape().get(0);
        int side = patch();
        if (latent.dimension() != 3) {
            return latents.reshape(size, 1, latent.size());
        }
        long rows = latent.get(1) / side;
        long columns = latent.get(2) / side;
        return latents.reshape(size, latent.get(0), rows, side, columns, side)
                .transpose(0, 2, 4, 1, 3, 5)
                .reshape(size, rows * columns, latent.get(0) * side * side);
    }

    private static NDArray levels(NDArray like, double[] sigmas) {
        float[] values = new float[sigmas.length * 2 * FREQUENCIES];
        for (int i = 0; i < sigmas.length; i++) {
            for (int f = 0; f < FREQUENCIES; f++) {
                double angle = sigmas[i] * Math.PI / 2 * (1 << f);
                values[(2 * i) * FREQUENCIES + f] = (float) Math.sin(angle);
                values[(2 * i + 1) * FREQUENCIES + f] = (float) Math.cos(angle);
            }
        }
        return like.getManager().create(values, new Shape(sigmas.length, 2L * FREQUENCIES));
    }
}
