package dev.sluice.rewards;

import java.io.IOException;

/** A sample that is still to be read. */
@FunctionalInterface
public interface SampleSource {
    /**
     * Reads it, on any thread.
     *
     * @throws IOException with one sentence, if it is missing or broken
     */
    Sample read() throws IOException;
}
