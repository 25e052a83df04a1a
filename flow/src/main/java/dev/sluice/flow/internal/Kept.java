package dev.sluice.flow.internal;

import dev.sluice.flow.PassMemory;
import dev.sluice.flow.tensor.Precision;
import java.util.function.Predicate;

/**
 * Adds up what the operators of a block keep for the backward pass. A norm keeps its input; a product with a gate or a
 * scale the other factor; a linear layer its input if its weight is trained; GELU its input; attention its queries, keys, values and result. RMS norms work in float32.
 */
final class Kept {
    private static final int WIDE = 4;

    private final Predicate<String> trained;
    private final int bytes;
    private final long width;
    private double kept;

    Kept(Predicate<String> trained, Precision compute, long width) {
        this.trained = trained;
        this.bytes = compute.bytes();
        this.width = width;
    }

    private boolean any(String... layers) {
        for (String layer : layers) {
            if (trained.test(layer)) {
                return true;
            }
        }
        return false;
    }

    /** Keeps tokens of so many widths. */
    Kept tokens(long tokens, double widths) {
        kept += tokens * widths * width * bytes;
        return this;
    }

    /** Keeps tokens where one of the layers is trained. */
    Kept tokens(long tokens, double widths, String... layers) {
        return any(layers) ? tokens(tokens, widths) : this;
    }

    /** Keeps what a query's or a key's norm takes, in float32. */
    Kept normed(long tokens, double widths, boolean there) {
        kept += there ? tokens * widths * width * WIDE : 0;
        return this;
    }

    /** Keeps what the attention of a stream takes and gives: input of the projections, queries, keys, values, result. */
    Kept attention(long tokens, boolean norms, String query, String key, String value, String out) {
        return tokens(tokens, 1, query, key, value)
                .normed(tokens, 2, norms)
                .tokens(tokens, 4)
                .tokens(tokens, 1, out);
    }

    /** Keeps inputs and results of a block's norms, what its gates take, and the feed-forward's input, hidden layer and its GELU. */
    Kept stream(long tokens, double inner, String first, String second) {
        return tokens(tokens, 6).tokens(tokens, 1, first).tokens(tokens, inner).tokens(tokens, inner, second);
    }

    /**
     * Returns the whole.
     *
     * @param carried tokens that go from block to block
     * @param inner widths of the feed-forward's hidden layer
     */
    PassMemory memory(int blocks, long carried, double inner) {
        double state = (double) carried * width * bytes;
        // Fitted to measured peaks, as the factor of PassMemory is: what passes grows with the hidden layer.
        double passing = (6 * inner + 24) * state;
        // Tokens before and after, their norm, and the hidden layer before and after GELU.
        double alone = (2 * inner + 6) * state;
        return new PassMemory(kept / blocks, state, passing, alone, blocks);
    }
}
