package dev.sluice.flow.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A JSON file of settings; whatever is wrong with a value is said in one sentence that names the file and the key. */
public final class ConfigFile {
    private static final long MAX_BYTES = 100_000_000;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final Path path;
    private final JsonNode root;

    private ConfigFile(Path path, JsonNode root) {
        this.path = path;
        this.root = root;
    }

    /** Makes something of a file's settings. */
    @FunctionalInterface
    public interface Parser<T> {
        /** Returns what the settings describe. */
        T parse(ConfigFile config) throws IOException;
    }

    /** Reads a file that must hold one JSON object. */
    public static ConfigFile read(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new IOException("%s is not there.".formatted(path));
        }
        if (Files.size(path) > MAX_BYTES) {
            throw new IOException("%s has %s bytes; expected at most %s.".formatted(path, Files.size(path), MAX_BYTES));
        }
        try {
            JsonNode root = JSON.readTree(Files.readAllBytes(path));
            if (!root.isObject()) {
                throw new IOException("%s must hold a JSON object.".formatted(path));
            }
            return new ConfigFile(path, root);
        } catch (JacksonException e) {
            throw new IOException("%s is not valid JSON: %s.".formatted(path, e.getOriginalMessage()), e);
        }
    }

    /**
     * Returns the settings of a JSON text that a file holds.
     *
     * @param path the file, for messages
     * @param prefix what the names of the settings begin with; others are left out
     */
    public static ConfigFile of(Path path, String json, String prefix) throws IOException {
        try {
            JsonNode root = JSON.readTree(json);
            if (!root.isObject()) {
                throw new IOException("%s must hold a JSON object.".formatted(path));
            }
            ObjectNode settings = JSON.createObjectNode();
            root.properties().forEach(entry -> {
                if (entry.getKey().startsWith(prefix)) {
                    settings.set(entry.getKey().substring(prefix.length()), entry.getValue());
                }
            });
            return new ConfigFile(path, settings);
        } catch (JacksonException e) {
            throw new IOException("%s does not hold valid JSON: %s.".formatted(path, e.getOriginalMessage()), e);
        }
    }

    /** Returns what the parser makes of it; a record that refuses a value is quoted with the file's name. */
    public <T> T parsed(Parser<T> parser) throws IOException {
        try {
            return parser.parse(this);
        } catch (IllegalArgumentException e) {
            throw new IOException("%s: %s".formatted(path, e.getMessage()), e);
        }
    }

    /** Returns the file. */
    public Path path() {
        return path;
    }

    /** Returns the whole content. */
    public JsonNode root() {
        return root;
    }

    /** Returns whether there is a value that is not null. */
    public boolean has(String key) {
        return root.hasNonNull(key);
    }

    /** Returns an integer. */
    public int integer(String key) throws IOException {
        JsonNode value = required(key);
        if (!value.canConvertToInt() || !value.isIntegralNumber()) {
            throw wrong(key, value, "an integer");
        }
        return value.intValue();
    }

    /** Returns an integer, or another if there is none. */
    public int integer(String key, int absent) throws IOException {
        return has(key) ? integer(key) : absent;
    }

    /** Returns a finite number, or another if there is none. */
    public double number(String key, double absent) throws IOException {
        if (!has(key)) {
            return absent;
        }
        JsonNode value = required(key);
        if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
            throw wrong(key, value, "a finite number");
        }
        return value.doubleValue();
    }

    /** Returns a truth value, or another if there is none. */
    public boolean flag(String key, boolean absent) throws IOException {
        if (!has(key)) {
            return absent;
        }
        JsonNode value = required(key);
        if (!value.isBoolean()) {
            throw wrong(key, value, "true or false");
        }
        return value.booleanValue();
    }

    /** Returns a text, or another if there is none. */
    public String text(String key, String absent) throws IOException {
        return text(key).orElse(absent);
    }

    /** Returns a text, if there is one. */
    public Optional<String> text(String key) throws IOException {
        if (!has(key)) {
            return Optional.empty();
        }
        JsonNode value = required(key);
        if (!value.isString()) {
            throw wrong(key, value, "a text");
        }
        return Optional.of(value.stringValue());
    }

    /** Returns a list of integers; an empty one if there is none. */
    public List<Integer> integers(String key) throws IOException {
        List<Integer> integers = new ArrayList<>();
        for (JsonNode value : list(key)) {
            if (!value.canConvertToInt() || !value.isIntegralNumber()) {
                throw wrong(key, root.get(key), "a list of integers");
            }
            integers.add(value.intValue());
        }
        return integers;
    }

    /** Returns a list of finite numbers; an empty one if there is none. */
    public List<Double> numbers(String key) throws IOException {
        List<Double> numbers = new ArrayList<>();
        for (JsonNode value : list(key)) {
            if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
                throw wrong(key, root.get(key), "a list of finite numbers");
            }
            numbers.add(value.doubleValue());
        }
        return numbers;
    }

    /** Returns a list of truth values; an empty one if there is none. */
    public List<Boolean> flags(String key) throws IOException {
        List<Boolean> flags = new ArrayList<>();
        for (JsonNode value : list(key)) {
            if (!value.isBoolean()) {
                throw wrong(key, root.get(key), "a list of true and false");
            }
            flags.add(value.booleanValue());
        }
        return flags;
    }

    /** Returns a list of texts; an empty one if there is none. */
    public List<String> texts(String key) throws IOException {
        List<String> texts = new ArrayList<>();
        for (JsonNode value : list(key)) {
            if (!value.isString()) {
                throw wrong(key, root.get(key), "a list of texts");
            }
            texts.add(value.stringValue());
        }
        return texts;
    }

    private Iterable<JsonNode> list(String key) throws IOException {
        if (!has(key)) {
            return List.of();
        }
        if (!root.get(key).isArray()) {
            throw wrong(key, root.get(key), "a list");
        }
        return root.get(key);
    }

    /** Refuses a setting that the networks here do not have; absent and null pass. */
    public void requireText(String key, String... allowed) throws IOException {
        Optional<String> value = text(key);
        if (value.isPresent() && !List.of(allowed).contains(value.get())) {
            throw wrong(key, root.get(key), "one of " + List.of(allowed));
        }
    }

    /** Refuses any other number than this one; absent and null pass. */
    public void requireNumber(String key, double only) throws IOException {
        if (number(key, only) != only) {
            throw wrong(key, root.get(key), String.valueOf(only));
        }
    }

    private JsonNode required(String key) throws IOException {
        if (!has(key)) {
            throw new IOException("%s has no %s.".formatted(path, key));
        }
        return root.get(key);
    }

    private IOException wrong(String key, JsonNode value, String expected) {
        String shown = value.toString();
        shown = shown.length() <= 80 ? shown : shown.substring(0, 80) + "…";
        return new IOException("%s: %s (%s) must be %s.".formatted(path, key, shown, expected));
    }
}
