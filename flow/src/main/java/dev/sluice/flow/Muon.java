package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Require;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Muon: momentum steps of matrices, made nearly orthogonal, so that all directions of a step are equally long.
 *
 * <p>M ← μ·M + G; θ ← θ·(1 − η·λ) − η·0.2·√max(rows, columns)·NS(G + μ·M), where NS are five Newton–Schulz iterations
 * X ← 3.4445·X − 4.775·(XXᵀ)X + 2.0315·(XXᵀ)²X from X = (G + μ·M)/‖G + μ·M‖. The factor 0.2·√max makes a step as long as
 * AdamW's, so that both share a learning rate.
 *
 * <p>Source: Jordan et al. (2024), "Muon: An optimizer for hidden layers"; the factor and the decay of Liu et al. (2025),
 * arXiv:2502.16982.
 *
 * <p>Memory: one array for each parameter, owned by this optimiser.
 */
public final class Muon implements AutoCloseable {
    private static final String MOMENTUM = ".momentum";

    private final double momentum;
    private final double weightDecay;
    private final Map<String, NDArray> parameters;
    private final Map<String, NDArray> momenta = new LinkedHashMap<>();
    private final NDManager manager;

    /**
     * Creates an optimiser of the live matrices {@code parameters}, which it writes into.
     *
     * @param momentum μ in [0, 1)
     * @param weightDecay λ, at least 0
     */
    public Muon(NDManager owner, Map<String, NDArray> parameters, double momentum, double weightDecay) {
        this.momentum = Require.within("momentum", momentum, 0, Math.nextDown(1.0));
        this.weightDecay = Require.notNegative("weightDecay", weightDecay);
        this.parameters = new LinkedHashMap<>(parameters);
        this.manager = owner.newSubManager();
        parameters.forEach((name, parameter) -> {
            Require.shape(name, parameter, -1, -1);
            momenta.put(name + MOMENTUM, manager.zeros(parameter.getShape()));
        });
    }

    /**
     * Takes one step. The length of gradients does not matter, so that they need no clipping.
     *
     * @param lanes step the matrices side by side, since each takes many products of small ones
     * @param gradients finite, one for each parameter, not changed; others are ignored
     */
    public void step(Lanes lanes, Map<String, NDArray> gradients, double learningRate) {
        double[] scalars = {learningRate, momentum, weightDecay};
        List<String> names = List.copyOf(parameters.keySet());
        lanes.run(
                names.size(),
                (lane, item) -> {
                    String name = names.get(item);
                    InPlace.run(
                            "muon", scalars, parameters.get(name), gradients.get(name), momenta.get(name + MOMENTUM));
                    return name;
                },
                (item, name) -> {});
    }

    /** Returns the live momenta by {@code PARAMETER.momentum}, for a checkpoint. */
    public Map<String, NDArray> state() {
        return Map.copyOf(momenta);
    }

    /** Continues from a checkpoint; the arrays are copied. */
    public void restore(Map<String, NDArray> state) {
        if (!state.keySet().equals(momenta.keySet())) {
            throw new IllegalArgumentException("The optimiser's state has %s tensors; these parameters need %s others."
                    .formatted(state.size(), momenta.size()));
        }
        momenta.forEach((name, array) -> InPlace.assign(array, state.get(name)));
    }

    @Override
    public void close() {
        manager.close();
    }
}
