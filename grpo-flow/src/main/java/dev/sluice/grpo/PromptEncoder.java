package dev.sluice.grpo;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import java.util.List;

/** Encodes prompts; all to the same number of tokens, so that any of them can share a batch. Called on any thread. */
@FunctionalInterface
public interface PromptEncoder {
    /** Returns one row for each text, owned by {@code owner}. */
    Conditioning encode(NDManager owner, List<String> texts);
}
