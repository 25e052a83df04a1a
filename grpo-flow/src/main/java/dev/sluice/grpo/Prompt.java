package dev.sluice.grpo;

import java.util.Map;

/**
 * What to generate and what a reward needs to know of it.
 *
 * @param text the prompt
 * @param metadata as its prompt file gives it (JSON values); {@code task}, or {@code tag} as in GenEval's files, names the
 *     kind of prompt
 */
public record Prompt(String text, Map<String, Object> metadata) {
    /** The key of the kind of prompt. */
    public static final String TASK = "task";

    /** The same key in GenEval's prompt files. */
    public static final String TAG = "tag";

    public Prompt {
        metadata = Map.copyOf(metadata);
    }

    /** Returns a prompt without metadata. */
    public static Prompt of(String text) {
        return new Prompt(text, Map.of());
    }

    /** Returns the kind of prompt; {@code all} if it has none. */
    public String task() {
        Object task = metadata.getOrDefault(TASK, metadata.getOrDefault(TAG, "all"));
        return task.toString();
    }
}
