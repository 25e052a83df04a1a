package dev.sluice.configs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A run file that says no more than it must. */
final class SmallestRun {
    private SmallestRun() {}

    /**
     * Writes it, beside a folder for its model.
     *
     * @param more lines to add
     */
    static Path write(Path folder, String... more) throws IOException {
        Files.createDirectories(folder.resolve("model"));
        return Files.writeString(folder.resolve("run.yaml"), """
                model: model
                prompts: {train: scenes:train, test: scenes:test}
                rewards: [{name: scenes, weight: 1}]
                """ + String.join("\n", more));
    }
}
