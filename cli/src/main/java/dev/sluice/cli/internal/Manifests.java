package dev.sluice.cli.internal;

import dev.sluice.configs.PromptSource;
import dev.sluice.configs.RunConfig;
import dev.sluice.configs.RunManifest;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
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

    /** Returns the files and folders that go into an alignment run. */
    public static List<Path> inputs(RunConfig config) {
        List<Path> inputs = new ArrayList<>(List.of(config.model()));
        for (PromptSource source :
                List.of(config.prompts().train(), config.prompts().test())) {
            if (source instanceof PromptSource.PromptFile file && !inputs.contains(file.path())) {
                inputs.add(file.path());
            }
        }
        return inputs;
    }

    /**
     * Returns the hashes of what went into an earlier run, by path; empty if it does not say.
     *
     * @throws IOException if its manifest is broken
     */
    public static Map<String, String> data(RunFolder folder) throws IOException {
        Map<String, String> data = new LinkedHashMap<>();
        JsonNode hashes = read(folder).path("data");
        hashes.propertyNames().forEach(path -> data.put(path, hashes.path(path).asString()));
        return data;
    }

    /**
     * Returns when an earlier run began, as texts in the order of time; empty if it does not say.
     *
     * @throws IOException if its manifest is broken
     */
    public static String started(RunFolder folder) throws IOException {
        return read(folder).path("started").asString("");
    }

    private static JsonNode read(RunFolder folder) throws IOException {
        Path file = folder.path().resolve("manifest.json");
        if (!Files.exists(file)) {
            return MAPPER.createObjectNode();
        }
        try {
            return MAPPER.readTree(file);
        } catch (JacksonException e) {
            throw new IOException("%s is not a run's manifest.".formatted(file), e);
        }
    }

    /** Writes a value as an indented JSON file. */
    public static void json(Path file, Object value) throws IOException {
        AtomicFiles.file(file, MAPPER.writeValueAsBytes(value));
    }
}
