package dev.sluice.flow;

import dev.sluice.flow.tensor.Require;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;

/**
 * How a model reads its prompts.
 *
 * @param known what will be encoded, as far as it is known: where text encoders are released, these texts are encoded before the
 *     transformer is read, and another text opens the encoders again
 * @param tokens T5 tokens of every prompt, cut or filled up (diffusers' {@code max_sequence_length}); the family's usual number
 *     if empty
 */
public record PromptReading(List<String> known, OptionalInt tokens) {
    /** Nothing is known, and prompts are as long as the family has them. */
    public static final PromptReading USUAL = of(List.of());

    public PromptReading {
        known = List.copyOf(known);
        tokens.ifPresent(count -> Require.atLeast("tokens", count, 1));
    }

    /** Returns known texts of the family's usual length. */
    public static PromptReading of(Collection<String> known) {
        return new PromptReading(List.copyOf(known), OptionalInt.empty());
    }
}
