package dev.sluice.grpo;

import dev.sluice.flow.StartPicture;
import java.util.Map;
import java.util.Optional;

/**
 * What to generate and what a reward needs to know of it.
 *
 * @param text the prompt
 * @param metadata as its prompt file gives it (JSON values); {@code task}, or {@code tag} as in GenEval's files, names the
 *     kind of prompt
 * @param picture what a video starts from, for models that make one of a picture
 */
public record Prompt(String text, Map<String, Object> metadata, Optional<StartPicture> picture) {
    /** The key of the kind of prompt. */
    public static final String TASK = "task";

    /** The same key in GenEval's prompt files. */
    public static final String TAG = "tag";

    public Prompt {
        metadata = Map.copyOf(metadata);
    }

    /** A prompt of text alone. */
    public Prompt(String text, Map<String, Object> metadata) {
        this(text, metadata, Optional.empty());
    }

    /** Returns a prompt without metadata. */
    public static Prompt of(String text) {
        return new Prompt(text, Map.of());
    }

    /** Returns the same prompt, from which a video starts with a picture. */
    public Prompt from(StartPicture start) {
        return new Prompt(text, metadata, Optional.of(start));
    }

    /** Returns what tells it from prompts that ask for something else: its text, and the picture's size and hash if it has one. */
    public String identity() {
        return picture.map(start -> "%s @ %s×%s %08x".formatted(text, start.width(), start.height(), start.hashCode()))
                .orElse(text);
    }

    /** Returns the kind of prompt; {@code all} if it has none. */
    public String task() {
        Object task = metadata.getOrDefault(TASK, metadata.getOrDefault(TAG, "all"));
        return task.toString();
    }
}
