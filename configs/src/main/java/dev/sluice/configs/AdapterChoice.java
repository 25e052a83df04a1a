package dev.sluice.configs;

import dev.sluice.configs.internal.NotEmpty;
import dev.sluice.configs.internal.Within;
import dev.sluice.flow.LoraAdapter;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is trained of a model.
 *
 * @param kind a low-rank adapter, or all weights
 * @param rank of the adapter
 * @param alpha its scale is alpha/rank
 * @param targets the layers it adapts, by their names or the ends of their names; {@code attention} stands for the attention of
 *     the model's family
 */
public record AdapterChoice(
        Kind kind,
        @Within(least = 1, most = 4096) int rank,
        @Within(above = 0) double alpha,
        @NotEmpty List<String> targets) {
    /** How weights are trained. */
    public enum Kind {
        /** A low-rank adapter. */
        LORA,
        /** All weights of the transformer. */
        FULL
    }

    private static final String ATTENTION = "attention";

    /**
     * Returns the adapter's options.
     *
     * @param attention what {@code attention} stands for
     */
    public LoraAdapter.Options lora(List<String> attention) {
        List<String> layers = targets.stream()
                .flatMap(target -> target.equals(ATTENTION) ? attention.stream() : Stream.of(target))
                .distinct()
                .toList();
        return new LoraAdapter.Options(rank, alpha, layers);
    }
}
