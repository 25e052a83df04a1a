package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Weights;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Full fine-tuning: the trained arrays are copies of the network's weights, which folding writes back.
 *
 * <p>Memory: three arrays for each trained weight (its value, its gradient and the frozen reference).
 */
public final class FullWeights implements Trainable {
    private final Weights weights;
    private final NDManager manager;
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();
    private final Map<String, NDArray> gradients = new LinkedHashMap<>();
    private final Weights reference;

    /**
     * Trains all weights of a network that {@code chosen} accepts.
     *
     * @param weights live weights of the network
     */
    public FullWeights(NDManager owner, Weights weights, Predicate<String> chosen) {
        this.weights = weights;
        this.manager = owner.newSubManager();
        Map<String, NDArray> frozen = new LinkedHashMap<>();
        weights.asMap().forEach((name, weight) -> {
            if (chosen.test(name)) {
                parameters.put(name, wide(weight));
                gradients.put(name, manager.zeros(weight.getShape()));
                frozen.put(name, InPlace.copy(manager, weight));
            }
        });
        if (parameters.isEmpty()) {
            throw new IllegalArgumentException("None of the %s weights was chosen for training."
                    .formatted(weights.names().size()));
        }
        reference = weights.with(manager, frozen);
    }

    private NDArray wide(NDArray array) {
        NDArray copy = manager.zeros(array.getShape());
        InPlace.assign(copy, array);
        return copy;
    }

    @Override
    public Map<String, NDArray> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    @Override
    public Map<String, NDArray> gradients() {
        return Collections.unmodifiableMap(gradients);
    }

    @Override
    public void fold(Map<String, NDArray> values, Weights into) {
        parameters.keySet().forEach(name -> InPlace.assign(into.get(name), values.get(name)));
    }

    @Override
    public Weights weights() {
        return weights;
    }

    @Override
    public Weights reference() {
        return reference;
    }

    @Override
    public Set<String> folded() {
        return parameters().keySet();
    }

    @Override
    public Trainable sibling(NDManager owner, NoiseSource noise) {
        return new FullWeights(owner, ownWeights(owner), parameters::containsKey);
    }

    @Override
    public void pullBack(Replica replica) {
        replica.drain((name, collected) -> gradients.get(name).addi(collected));
    }

    @Override
    public void close() {
        reference.close();
        manager.close();
    }
}
