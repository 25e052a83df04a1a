package dev.sluice.configs;

import dev.sluice.configs.internal.PromptReader;
import dev.sluice.grpo.Prompt;
import java.io.IOException;
import java.util.List;

/** Reads the prompts that a {@link PromptSource} stands for. */
public final class Prompts {
    /** The key of a prompt's metadata that says whether no training prompt combines what it combines. */
    public static final String UNSEEN = "unseen";

    private Prompts() {}

    /**
     * Returns the prompts, in order.
     *
     * @return at least one
     * @throws IOException if the file is missing, empty, has an empty line or a line that is not what it should be
     * @throws IllegalArgumentException if there is no such world or split
     */
    public static List<Prompt> read(PromptSource source) throws IOException {
        return source instanceof PromptSource.World world
                ? PromptReader.world(world)
                : PromptReader.file(((PromptSource.PromptFile) source).path());
    }
}
