package dev.sluice.configs;

import dev.sluice.configs.internal.Within;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.tensor.Precision;
import java.util.Optional;

/**
 * How a model is held in memory.
 *
 * @param weights the type the transformer's weights are held in; that of {@code precision}, in which it computes, if left out
 * @param segments segments that the transformer's blocks are recomputed in during a backward pass; 0 keeps the graph of all
 * @param text the type of the text encoders
 * @param textEncoders whether text encoders stay, or encode all prompts of the run before the transformer is read and are released
 * @param limitGiB micro-batches ({@code batch.chunkSize}) are made as small as it takes to stay below so many GiB; no limit if
 *     left out
 * @param offload whether text encoders, picture encoder and autoencoder stay on the CPU where the transformer is on a GPU
 */
public record MemoryChoice(
        Optional<Precision> weights,
        @Within(least = 0, most = 10_000) int segments,
        Precision text,
        MemoryPolicy.TextEncoders textEncoders,
        @Within(above = 0) Optional<Double> limitGiB,
        boolean offload) {
    /** Returns the policy of a transformer that computes in a precision. */
    MemoryPolicy policy(Precision compute) {
        return new MemoryPolicy(weights.orElse(compute), compute, text, segments, textEncoders, offload);
    }
}
