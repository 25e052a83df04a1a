package dev.sluice.flow.internal;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

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
