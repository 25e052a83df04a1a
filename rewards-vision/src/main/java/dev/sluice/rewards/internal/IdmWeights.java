package dev.sluice.rewards.internal;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.InverseDynamics;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The weights of an inverse dynamics network: their names and shapes, and fresh ones. */
public final class IdmWeights {
    private IdmWeights() {}

    private static Map<String, Shape> shapes(InverseDynamics.Architecture a) {
        long c = a.channels();
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put("conv_1.weight", new Shape(c, 3L * a.window(), 3, 3));
        shapes.put("conv_1.bias", new Shape(c));
        shapes.put("norm_1.weight", new Shape(c));
        shapes.put("norm_1.bias", new Shape(c));
        shapes.put("conv_2.weight", new Shape(c, c, 3, 3));
        shapes.put("conv_2.bias", new Shape(c));
        shapes.put("norm_2.weight", new Shape(c));
        shapes.put("norm_2.bias", new Shape(c));
        shapes.put("heat.weight", new Shape(c, c, 1, 1));
        shapes.put("heat.bias", new Shape(c));
        shapes.put("linear_1.weight", new Shape(a.hidden(), 2 * c));
        shapes.put("linear_1.bias", new Shape(a.hidden()));
        shapes.put("linear_2.weight", new Shape(a.hidden(), a.hidden()));
        shapes.put("linear_2.bias", new Shape(a.hidden()));
        shapes.put("linear_3.weight", new Shape(InverseDynamics.Architecture.OUTPUTS, a.hidden()));
        shapes.put("linear_3.bias", new Shape(InverseDynamics.Architecture.OUTPUTS));
        shapes.put("direct.weight", new Shape(InverseDynamics.Architecture.OUTPUTS, 2 * c));
        shapes.put("direct.bias", new Shape(InverseDynamics.Architecture.OUTPUTS));
        return shapes;
    }

    /**
     * Refuses files that are not of these sizes.
     *
     * @throws IOException if a tensor is missing or has another shape
     */
    public static void check(InverseDynamics.Architecture architecture, WeightFiles files) throws IOException {
        for (Map.Entry<String, Shape> wanted : shapes(architecture).entrySet()) {
            String name = wanted.getKey();
            if (!files.contains(name) || !files.shape(name).equals(wanted.getValue())) {
                throw new IOException("%s: %s is %s; its config.json needs the shape %s."
                        .formatted(
                                files.path(),
                                name,
                                files.contains(name) ? files.shape(name) : "missing",
                                wanted.getValue()));
            }
        }
    }

    /**
     * Returns fresh weights, normal with variance 2/inputs; the heat maps begin four times as sharp, and what corrects the direct
     * reading at a tenth.
     */
    public static Weights fresh(NDManager manager, InverseDynamics.Architecture architecture, long seed) {
        NoiseSource noise = NoiseSource.of(seed);
        Weights weights = new Weights(manager);
        shapes(architecture).forEach((name, shape) -> {
            if (name.endsWith(".bias")) {
                weights.put(name, manager.zeros(shape));
            } else if (name.startsWith("norm")) {
                weights.put(name, manager.ones(shape));
            } else {
                float[] values = noise.gaussian(Math.toIntExact(shape.size()));
                double scale = name.startsWith("heat") ? 4 : name.startsWith("linear_3") ? 0.1 : 1;
                double deviation = Math.sqrt(2.0 * shape.get(0) / shape.size()) * scale;
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (values[i] * deviation);
                }
                weights.put(name, manager.create(values, shape));
            }
        });
        return weights;
    }
}
