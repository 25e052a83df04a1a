package dev.sluice.grpo;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import java.util.List;

/** Encodes prompts without a picture, and where the model takes one, with it; all to the same number of tokens, so that any of them can share a batch. Called on any thread. */
@FunctionalInterface
public interface PromptEncoder {
    /** Returns one row for each text, without a picture, owned by {@code owner}. */
    Conditioning encode(NDManager owner, List<String> texts);

    /**
     * Returns the row of a prompt with the picture that it starts from, owned by {@code owner}.
     *
     * @throws IllegalArgumentException if it has a picture that this encoder has no use for, or lacks one
     */
    default Conditioning encode(NDManager owner, Prompt prompt) {
        if (prompt.picture().isPresent()) {
            throw new IllegalArgumentException(
                    "The prompt (%s) has a picture, but the model starts from text alone.".formatted(prompt.text()));
        }
        return encode(owner, List.of(prompt.text()));
    }
}
