package dev.sluice.cli.internal.score;

import dev.sluice.grpo.Prompt;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.SampleSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file to score.
 *
 * @param file what the table calls it
 * @param path where it is
 * @param prompt what it was made from, and what rewards need to know of it
 * @param fault why it cannot be scored, known before it is read
 */
public record MediaItem(String file, Path path, Prompt prompt, Optional<String> fault) implements SampleSource {
    /** Creates an item that can be read. */
    public MediaItem(String file, Path path, Prompt prompt) {
        this(file, path, prompt, Optional.empty());
    }

    @Override
    public Sample read() throws IOException {
        if (fault.isPresent()) {
            throw new IOException(fault.get());
        }
        return new Sample(ScorableFiles.read(path), prompt.text(), prompt.metadata());
    }
}
