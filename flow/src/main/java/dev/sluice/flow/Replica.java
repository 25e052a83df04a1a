package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * A network's weights once more, for backward passes on a thread of its own: the values are the network's own memory, so they
 * are always equal, and the gradients are the replica's.
 *
 * <p>Memory: a gradient for each trained weight, from the first backward pass until it is closed.
 */
public final class Replica implements AutoCloseable {
    private final NDManager manager;
    private final Map<String, NDArray> leaves = new LinkedHashMap<>();
    private final Weights weights;

    /**
     * Creates a replica.
     *
     * @param owner the replica's arrays live in a child of it
     * @param original live weights; none may be replaced while the replica is open
     * @param trained names of those that collect a gradient
     */
    public Replica(NDManager owner, Weights original, Set<String> trained) {
        this.manager = owner.newSubManager();
        for (String name : trained) {
            NDArray leaf = Torch.detached(original.get(name));
            leaf.attach(manager);
            leaf.setRequiresGradient(true);
            leaves.put(name, leaf);
        }
        this.weights = original.with(manager, leaves);
    }

    /** Returns the weights for a network of this replica; those that are not trained are the original's. */
    public Weights weights() {
        return weights;
    }

    /** Hands over the gradient of each trained weight collected since the last call, in a fixed order, and starts anew. */
    public void drain(BiConsumer<String, NDArray> taker) {
        leaves.forEach((name, leaf) -> {
            try (NDArray collected = leaf.getGradient()) {
                taker.accept(name, collected);
                InPlace.zero(collected);
            }
        });
    }

    /** Forgets what was collected. */
    public void clear() {
        drain((name, collected) -> {});
    }

    @Override
    public void close() {
        weights.close();
        manager.close();
    }
}
