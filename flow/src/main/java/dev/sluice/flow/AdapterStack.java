package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adapters in a network's weights, each with a weight of its own: W + Σ weight·scale·B·A, in their order. They can be exchanged at
 * any time, and taken out bit for bit.
 *
 * <p>Memory: a copy of every weight that was ever adapted.
 */
public final class AdapterStack implements AutoCloseable {
    private final Weights weights;
    private final NDManager manager;
    private final Map<String, NDArray> base = new LinkedHashMap<>();

    /**
     * An adapter in the stack.
     *
     * @param adapter in its file; read while it is put in
     * @param weight what its difference is multiplied by; 1 is the adapter as it was trained
     */
    public record Entry(StoredAdapter adapter, double weight) {
        public Entry {
            if (!Double.isFinite(weight)) {
                throw new IllegalArgumentException("weight (%s) must be a finite number.".formatted(weight));
            }
        }
    }

    /**
     * Creates an empty stack.
     *
     * @param owner the copies live in a child of it
     * @param weights live weights of the network, without adapters
     */
    public AdapterStack(NDManager owner, Weights weights) {
        this.weights = weights;
        this.manager = owner.newSubManager();
    }

    /**
     * Puts these adapters in place of those that are in the weights.
     *
     * @throws IOException if one does not fit, in which case nothing changes; or if it cannot be read
     */
    public void set(List<Entry> entries) throws IOException {
        for (Entry entry : entries) {
            entry.adapter().requireFits(weights);
        }
        clear();
        for (Entry entry : entries) {
            for (String layer : entry.adapter().layers()) {
                NDArray weight = weights.get(layer + ".weight");
                base.computeIfAbsent(layer, name -> InPlace.copy(manager, weight));
                entry.adapter().mergeLayer(layer, weight, weight, entry.weight());
            }
        }
    }

    /** Takes all adapters out. */
    public void clear() {
        base.forEach((layer, array) -> InPlace.assign(weights.get(layer + ".weight"), array));
    }

    /** Frees the copies; what is in the weights stays. */
    @Override
    public void close() {
        manager.close();
    }
}
