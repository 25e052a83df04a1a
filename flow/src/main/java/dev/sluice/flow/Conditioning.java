package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.sluice.flow.tensor.Require;
import java.util.List;

/**
 * What a batch is conditioned on: the encoded text.
 *
 * @param tokens text states, shape (B, L, D), float32
 * @param pooled one vector for each text, shape (B, P), float32
 */
public record Conditioning(NDArray tokens, NDArray pooled) implements AutoCloseable {
    public Conditioning {
        Require.shape("tokens", tokens, -1, -1, -1);
        Require.shape("pooled", pooled, tokens.getShape().get(0), -1);
    }

    /** Returns the number of samples. */
    public int size() {
        return Math.toIntExact(tokens.getShape().get(0));
    }

    /** Returns the rows in that order, repeats allowed; owned by {@code owner}. */
    public Conditioning rows(NDManager owner, int... rows) {
        try (NDArray index = owner.create(rows)) {
            return attached(owner, tokens.get(new NDIndex("{}", index)), pooled.get(new NDIndex("{}", index)));
        }
    }

    /** Returns this batch followed by another; owned by {@code owner}. */
    public Conditioning followedBy(NDManager owner, Conditioning next) {
        return attached(
                owner,
                tokens.getNDArrayInternal().concat(new NDList(next.tokens), 0),
                pooled.getNDArrayInternal().concat(new NDList(next.pooled), 0));
    }

    /** Returns a single row repeated; owned by {@code owner}. */
    public Conditioning repeated(NDManager owner, int times) {
        Require.shape("tokens", tokens, 1, -1, -1);
        return attached(owner, tokens.repeat(0, times), pooled.repeat(0, times));
    }

    private static Conditioning attached(NDManager owner, NDArray tokens, NDArray pooled) {
        owner.attachAll(tokens, pooled);
        return new Conditioning(tokens, pooled);
    }

    /** Returns both arrays. */
    public List<NDArray> arrays() {
        return List.of(tokens, pooled);
    }

    @Override
    public void close() {
        tokens.close();
        pooled.close();
    }
}
