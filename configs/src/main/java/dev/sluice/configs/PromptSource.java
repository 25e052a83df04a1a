package dev.sluice.configs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Where prompts come from: a split of a built-in world, or a file. */
public sealed interface PromptSource permits PromptSource.World, PromptSource.PromptFile {
    /**
     * A split of a built-in world, whose prompts carry what its verifier needs to know.
     *
     * @param world the world's name, like {@code scenes}
     * @param split the name of one of its splits, like {@code train}
     */
    record World(String world, String split) implements PromptSource {
        @Override
        public String toString() {
            return world + ":" + split;
        }
    }

    /**
     * A UTF-8 file: a {@code .txt} file has one prompt a line, a {@code .jsonl} file one object a line with a
     * {@code prompt} and what rewards need; its {@code image} is the path, from the file's folder, of the picture that a video
     * starts from.
     *
     * @param path the file
     */
    record PromptFile(Path path) implements PromptSource {
        @Override
        public String toString() {
            return path.toString();
        }
    }

    /**
     * Returns the source that a run file names.
     *
     * @param text {@code WORLD:SPLIT} or a path
     * @param folder what a relative path starts from
     * @throws IllegalArgumentException if it is a path and there is no such file
     */
    static PromptSource parse(String text, Path folder) {
        int colon = text.indexOf(':');
        // A single letter before the colon is a Windows drive.
        if (colon > 1
                && text.substring(0, colon).matches("[a-z][a-z0-9-]*")
                && !text.contains("/")
                && !text.contains("\\")) {
            return new World(text.substring(0, colon), text.substring(colon + 1).toLowerCase(Locale.ROOT));
        }
        Path path = folder.resolve(text).normalize();
        if (!Files.isRegularFile(path)) {
            throw new IllegalArgumentException(
                    "The prompt file (%s) %s; a .txt or .jsonl file, or scenes:train is expected."
                            .formatted(path, Files.exists(path) ? "is not a file" : "does not exist"));
        }
        return new PromptFile(path);
    }
}
