package dev.sluice.flow.internal;

import dev.sluice.flow.TextTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A pipeline folder's {@code model_index.json}: the class, and which components there are. */
public final class PipelineIndex {
    private final Path folder;
    private final ConfigFile config;

    private PipelineIndex(Path folder, ConfigFile config) {
        this.folder = folder;
        this.config = config;
    }

    /** Reads a folder's index. */
    public static PipelineIndex read(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException("%s is not there; expected a model's folder.".formatted(folder));
        }
        Path file = folder.resolve("model_index.json");
        if (!Files.exists(file)) {
            throw new IOException(
                    "%s has no model_index.json; expected a model in diffusers' folder layout.".formatted(folder));
        }
        return new PipelineIndex(folder, ConfigFile.read(file));
    }

    /** Returns the pipeline's class name. */
    public String className() throws IOException {
        return config.text("_class_name", "");
    }

    /** Returns whether samples start from a picture, which its autoencoder encodes. */
    public boolean startsFromPicture() throws IOException {
        return className().equals(PipelineParts.WAN_PICTURE);
    }

    /** Returns a setting that is off if it is not there. */
    public boolean flag(String key) throws IOException {
        return config.flag(key, false);
    }

    /** Returns a number, 0 if it is not there. */
    public double number(String key) throws IOException {
        return config.number(key, 0);
    }

    /** Returns the file. */
    public Path path() {
        return config.path();
    }

    /** Returns whether the pipeline has that component. */
    public boolean has(String component) {
        JsonNode entry = config.root().path(component);
        return entry.isArray() && entry.path(1).isString();
    }

    /** Returns the names of the components that the pipeline has, in the order of the index. */
    public List<String> components() {
        List<String> names = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : config.root().properties()) {
            if (has(entry.getKey())) {
                names.add(entry.getKey());
            }
        }
        return names;
    }

    /** Returns a component's folder. */
    public Path folder(String component) throws IOException {
        Path place = folder.resolve(component);
        if (!has(component) || !Files.isDirectory(place)) {
            throw new IOException("%s needs the component %s, whose folder %s is not there."
                    .formatted(config.path(), component, place));
        }
        return place;
    }

    /**
     * Opens a tokenizer.
     *
     * @param vocabulary the number of token ids of the text encoder that it serves, of which it may use fewer
     */
    public TextTokenizer tokenizer(String component, int vocabulary) throws IOException {
        Path place = folder(component);
        TextTokenizer tokenizer = TextTokenizer.open(place);
        if (tokenizer.size() > vocabulary) {
            tokenizer.close();
            throw new IOException("%s has %s tokens, but the vocab_size of its text encoder is %s."
                    .formatted(place, tokenizer.size(), vocabulary));
        }
        return tokenizer;
    }

    /** Copies the index and the folders of all components but some. */
    public void copyWithout(List<String> left, Path target) throws IOException {
        Files.copy(path(), target.resolve(path().getFileName()));
        for (String component : components()) {
            if (!left.contains(component)) {
                copy(folder(component), target.resolve(component));
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                // A folder's copy exists by the time its files come.
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }
}
