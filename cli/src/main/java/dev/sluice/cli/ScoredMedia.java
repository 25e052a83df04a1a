package dev.sluice.cli;

import dev.sluice.cli.internal.score.MediaList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The pictures or videos, and their prompts, of every command that has some scored. */
final class ScoredMedia {
    @Option(
            names = "--media",
            paramLabel = "DIR|GLOB|LIST",
            required = true,
            description =
                    "A folder, with all below it; a pattern in quotes; a .txt file with a path a line; a .jsonl file "
                            + "whose lines have file and prompt. A folder of frame-001.png and so on is a video.")
    private String media;

    @Option(
            names = "--prompts",
            paramLabel = "FILE",
            description =
                    "A .txt or .jsonl file, a prompt a line in the order of the files, or lines that name their file "
                            + "(default: prompts.jsonl in the folder, as sluice sample writes it).")
    private Path prompts;

    /** Returns where the files are, as it was written. */
    String place() {
        return media;
    }

    /**
     * Returns the files with their prompts.
     *
     * @throws IOException if there are none, or the prompts do not fit them; the message is one sentence
     */
    MediaList list() throws IOException {
        return MediaList.of(media, Optional.ofNullable(prompts));
    }
}
