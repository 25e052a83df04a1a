package dev.sluice.cli.internal;

import dev.sluice.configs.RunManifest;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Writes what ran beside what came of it. */
public final class Manifests {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Manifests() {}

    /** Returns the command line of a parsed command. */
    public static List<String> command(CommandSpec spec) {
        List<String> words = new ArrayList<>();
        words.add("sluice");
        words.addAll(spec.root().commandLine().getParseResult().originalArgs());
        return words;
    }

    /**
     * Writes {@code manifest.json}.
     *
     * @param inputs the files and folders that went in
     */
    public static void write(RunFolder folder, CommandSpec spec, long seed, List<Path> inputs) throws IOException {
        RunManifest manifest = new RunManifest(
                command(spec),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                spec.root().version().length > 0 ? spec.root().version()[0] : "sluice",
                RunManifest.commit(Home.folder()),
                System.getProperty("java.version"),
                RunManifest.thisSystem(),
                Torch.description(),
                seed,
                RunManifest.hashes(inputs));
        json(folder.path().resolve("manifest.json"), manifest);
    }

    /** Writes a value as an indented JSON file. */
    public static void json(Path file, Object value) throws IOException {
        AtomicFiles.file(file, MAPPER.writeValueAsBytes(value));
    }
}
