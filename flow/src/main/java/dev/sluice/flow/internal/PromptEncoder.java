package dev.sluice.flow.internal;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/** A pipeline's way from texts to what its network is conditioned on. */
public interface PromptEncoder extends AutoCloseable {
    /**
     * Encodes prompts, without a graph.
     *
     * @param owner owns the result
     * @param prompts at least one; may be empty texts
     * @param tokens T5 tokens of each
     */
    Conditioning encode(NDManager owner, List<String> prompts, int tokens);

    /** Returns how many T5 tokens a prompt has by default. */
    int usualTokens();

    /** Returns the most T5 tokens of a prompt; 0 where there is no T5, so that there is nothing to choose. */
    int mostTokens();

    /**
     * Returns how many T5 tokens a prompt has.
     *
     * @param asked instead of the usual number
     * @throws IllegalArgumentException if there cannot be as many
     */
    default int tokens(OptionalInt asked) {
        if (asked.isEmpty()) {
            return usualTokens();
        }
        int count = asked.getAsInt();
        if (mostTokens() == 0) {
            throw new IllegalArgumentException(
                    "The number of tokens of a prompt (%s) must be left out, because this model has no T5, and CLIP reads a fixed number."
                            .formatted(count));
        }
        if (count > mostTokens()) {
            throw new IllegalArgumentException(
                    "The number of tokens of a prompt (%s) must be at most %s, the most that the model's tokenizer takes."
                            .formatted(count, mostTokens()));
        }
        return count;
    }

    @Override
    void close();

    /** Refuses a text encoder whose width is not the transformer's. */
    static void requireWidth(Path index, String what, int found, boolean fits, String rule, int expected)
            throws IOException {
        if (!fits) {
            throw new IOException(
                    "%s: %s (%s) must be the transformer's %s (%s).".formatted(index, what, found, rule, expected));
        }
    }
}
