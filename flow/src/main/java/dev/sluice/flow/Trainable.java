package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What is trained of a network, as a map from trained arrays to the weights that the network reads.
 *
 * <p>The network does not know of it: {@link #fold(Map)} writes weights, sampling reads them, updates read the very same
 * memory through a {@link Replica}, and {@link #pullBack(Replica)} turns its gradients into gradients of what is trained. That
 * is why a replayed step has an importance ratio of exactly 1 before the first update.
 */
public sealed interface Trainable extends AutoCloseable permits LoraAdapter, FullWeights {
    /** Returns the trained arrays, live, by name, in a fixed order. */
    Map<String, NDArray> parameters();

    /** Returns the gradients by the same names, live; zero after {@link #zeroGradients()}. */
    Map<String, NDArray> gradients();

    /**
     * Writes the weights that {@code values} stand for.
     *
     * @param values named like {@link #parameters()}
     * @param into has an array of its own for every name of {@link #folded()}
     */
    void fold(Map<String, NDArray> values, Weights into);

    /** Writes the weights that {@code values}, named like {@link #parameters()}, stand for into the network. */
    default void fold(Map<String, NDArray> values) {
        fold(values, weights());
    }

    /** Writes the weights that the present parameters stand for into the network. */
    default void fold() {
        fold(parameters());
    }

    /** Returns the live weights of the network, which folding writes. */
    Weights weights();

    /** Returns the weights without what was trained, for a reference model; they share what is not trained. */
    Weights reference();

    /** Returns the weights without what was trained, with copies of those that folding writes. */
    default Weights ownWeights(NDManager owner) {
        Map<String, NDArray> copies = new LinkedHashMap<>();
        folded().forEach(
                        name -> copies.put(name, InPlace.copy(owner, reference().get(name))));
        return reference().with(owner, copies);
    }

    /** Returns the names of the weights that folding writes. */
    Set<String> folded();

    /** Returns new leaves of the folded weights, which collect gradients; the caller closes them. */
    default Replica replica(NDManager owner) {
        return new Replica(owner, weights(), folded());
    }

    /**
     * Returns another one of this kind, over weights of its own that begin at the reference and share what is not trained, so that
     * a second network can learn beside this one.
     *
     * @param owner all arrays live in a child of it
     * @param noise where initial values come from, if there are any to be drawn
     */
    Trainable sibling(NDManager owner, NoiseSource noise);

    /** Adds what a replica collected since the last call to {@link #gradients()}; the replica starts anew. */
    void pullBack(Replica replica);

    /** Sets all gradients to zero; what a replica collected and was not pulled back stays with it. */
    default void zeroGradients() {
        gradients().values().forEach(InPlace::zero);
    }

    /** Returns the number of trained scalars. */
    default long parameterCount() {
        return parameters().values().stream().mapToLong(NDArray::size).sum();
    }

    @Override
    void close();
}
