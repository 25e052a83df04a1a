package dev.sluice.flow;

import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Require;
import java.util.Objects;

/**
 * How a model is held in memory. Nothing but the precisions changes what is computed.
 *
 * @param weights the type the transformer's weights are held in
 * @param compute the type the transformer computes in; where it is another, the weights of a block are converted whenever the
 *     block is run
 * @param text the type of the text encoders, weights and arithmetic; the autoencoder is float32
 * @param segments how many segments the transformer's blocks are recomputed in during a backward pass, so that the graph of only
 *     one is held at a time (see {@link dev.sluice.flow.tensor.Recomputation}); 0 holds that of all blocks
 * @param textEncoders whether text encoders stay once they are opened
 * @param offload whether text encoders, picture encoder and autoencoder, which are never trained, stay on the CPU where the
 *     transformer is on a GPU
 */
public record MemoryPolicy(
        Precision weights,
        Precision compute,
        Precision text,
        int segments,
        TextEncoders textEncoders,
        boolean offload) {
    /** Everything in float32 and at hand. */
    public static final MemoryPolicy PLAIN = of(Precision.FLOAT32);

    /** What becomes of text encoders. */
    public enum TextEncoders {
        /** They are opened with the model and stay. */
        KEPT,
        /** They are opened before the transformer, encode what is known to be asked for, and are released. */
        RELEASED
    }

    public MemoryPolicy {
        Objects.requireNonNull(weights);
        Objects.requireNonNull(compute);
        Objects.requireNonNull(text);
        Objects.requireNonNull(textEncoders);
        Require.atLeast("segments", segments, 0);
    }

    /** Returns a policy of one precision for the transformer, with everything at hand. */
    public static MemoryPolicy of(Precision precision) {
        return new MemoryPolicy(precision, precision, Precision.FLOAT32, 0, TextEncoders.KEPT, false);
    }

    /** Returns the same with another number of segments. */
    public MemoryPolicy withSegments(int other) {
        return new MemoryPolicy(weights, compute, text, other, textEncoders, offload);
    }

    /** Returns the same with text encoders in a precision, released or not. */
    public MemoryPolicy withText(Precision precision, TextEncoders kept) {
        return new MemoryPolicy(weights, compute, precision, segments, kept, offload);
    }

    /** Returns the same with what is never trained on the CPU, or not. */
    public MemoryPolicy withOffload(boolean other) {
        return new MemoryPolicy(weights, compute, text, segments, textEncoders, other);
    }
}
