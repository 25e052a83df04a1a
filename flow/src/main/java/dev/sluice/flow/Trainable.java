package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.tensor.Weights;
import java.util.Map;

/**
 * What is trained of a network, as a map from trained arrays to the weights that the network reads.
 *
 * <p>The network does not know of it: {@link #fold(Map)} writes weights, sampling and updates read the very same arrays, and
 * {@link #pullBack()} turns their gradients into gradients of what is trained. That is why a replayed step has an importance
 * ratio of exactly 1 before the first update.
 */
public sealed interface Trainable extends AutoCloseable permits LoraAdapter, FullWeights {
    /** Returns the trained arrays, live, by name, in a fixed order. */
    Map<String, NDArray> parameters();

    /** Returns the gradients by the same names, live; zero after {@link #zeroGradients()}. */
    Map<String, NDArray> gradients();

    /** Writes the weights that {@code values}, named like {@link #parameters()}, stand for into the network. */
    void fold(Map<String, NDArray> values);

    /** Writes the weights that the present parameters stand for into the network. */
    default void fold() {
        fold(parameters());
    }

    /** Returns the weights without what was trained, for a reference model; they share what is not trained. */
    Weights reference();

    /** Switches on or off that backward passes collect gradients for {@link #pullBack()}. */
    void collectGradients(boolean collect);

    /** Adds the gradients collected since the last call to {@link #gradients()}. */
    void pullBack();

    /** Sets all gradients to zero, also those collected and not yet pulled back. */
    void zeroGradients();

    /** Returns the number of trained scalars. */
    default long parameterCount() {
        return parameters().values().stream().mapToLong(NDArray::size).sum();
    }

    @Override
    void close();
}
