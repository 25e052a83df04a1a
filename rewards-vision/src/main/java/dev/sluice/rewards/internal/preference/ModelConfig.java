package dev.sluice.rewards.internal.preference;

import dev.sluice.rewards.RewardArchitecture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A reward model's {@code config.json}. */
public final class ModelConfig {
    private static final String CLASS = "RewardModel";
    private static final String ENSEMBLE = "RewardEnsemble";
    private static final int MOST_MEMBERS = 100;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ModelConfig() {}

    /** Returns what the file says of an architecture. */
    public static Map<String, Object> of(RewardArchitecture architecture) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("_class_name", CLASS);
        json.put("encoding", encoding(architecture.encoding()));
        json.put("prompt", architecture.prompt());
        json.put("head", head(architecture.head()));
        json.put("axes", architecture.axes());
        return json;
    }

    /** Returns what the file says of an ensemble, whose members are folders beside it. */
    public static Map<String, Object> ofEnsemble(int members) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("_class_name", ENSEMBLE);
        json.put("members", members);
        return json;
    }

    /**
     * Returns how many members a file says that an ensemble has; none if it is a model by itself.
     *
     * @throws IOException that names the file, if it is missing or has no such number
     */
    public static Optional<Integer> members(Path file) throws IOException {
        JsonNode json = tree(file);
        if (!json.path("_class_name").asString("").equals(ENSEMBLE)) {
            return Optional.empty();
        }
        int members = json.path("members").asInt(-1);
        if (!(members >= 1 && members <= MOST_MEMBERS)) {
            throw new IOException("%s: members (%s) must be a number from 1 to %s."
                    .formatted(file, json.path("members"), MOST_MEMBERS));
        }
        return Optional.of(members);
    }

    private static JsonNode tree(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException(
                    "%s is not there; expected the folder of a model that sluice reward train made.".formatted(file));
        }
        try {
            return JSON.readTree(Files.readAllBytes(file));
        } catch (JacksonException e) {
            throw fault(file, e);
        }
    }

    private static IOException fault(Path file, RuntimeException e) {
        String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return new IOException("%s: %s".formatted(file, first), e);
    }

    private static Map<String, Object> encoding(RewardArchitecture.Encoding encoding) {
        if (encoding instanceof RewardArchitecture.Encoding.Pixels pixels) {
            return Map.of("type", "pixels", "size", pixels.size(), "channels", pixels.channels());
        }
        return encoding instanceof RewardArchitecture.Encoding.Clip clip
                ? Map.of(
                        "type",
                        "clip",
                        "folder",
                        clip.folder().toAbsolutePath().normalize().toString())
                : Map.of("type", "appearance");
    }

    private static Map<String, Object> head(RewardArchitecture.Head head) {
        if (head instanceof RewardArchitecture.Head.TwoLayer two) {
            return Map.of("type", "two-layer", "hidden", two.hidden());
        }
        return head instanceof RewardArchitecture.Head.Experts experts
                ? Map.of(
                        "type", "experts",
                        "hidden", experts.hidden(),
                        "experts", experts.experts(),
                        "temperature", experts.temperature())
                : Map.of("type", "linear");
    }

    /**
     * Reads a file.
     *
     * @throws IOException that names it, if it is missing or is not what it should be
     */
    public static RewardArchitecture read(Path file) throws IOException {
        JsonNode json = tree(file);
        try {
            if (!json.path("_class_name").asString("").equals(CLASS)) {
                throw new IllegalArgumentException("_class_name (%s) must be %s."
                        .formatted(json.path("_class_name").asString(""), CLASS));
            }
            List<String> axes =
                    json.path("axes").valueStream().map(JsonNode::asString).toList();
            return new RewardArchitecture(
                    encoding(json.path("encoding")),
                    json.path("prompt").asBoolean(false),
                    head(json.path("head")),
                    axes);
        } catch (IllegalArgumentException e) {
            throw fault(file, e);
        }
    }

    private static RewardArchitecture.Encoding encoding(JsonNode json) {
        String type = json.path("type").asString("");
        return switch (type) {
            case "pixels" ->
                new RewardArchitecture.Encoding.Pixels(
                        json.path("size").asInt(-1), json.path("channels").asInt(-1));
            case "appearance" -> new RewardArchitecture.Encoding.Appearance();
            case "clip" ->
                new RewardArchitecture.Encoding.Clip(Path.of(json.path("folder").asString("")));
            default ->
                throw new IllegalArgumentException(
                        "encoding.type (%s) must be pixels, appearance or clip.".formatted(type));
        };
    }

    private static RewardArchitecture.Head head(JsonNode json) {
        String type = json.path("type").asString("");
        return switch (type) {
            case "linear" -> new RewardArchitecture.Head.Linear();
            case "two-layer" ->
                new RewardArchitecture.Head.TwoLayer(json.path("hidden").asInt(-1));
            case "experts" ->
                new RewardArchitecture.Head.Experts(
                        json.path("hidden").asInt(-1),
                        json.path("experts").asInt(-1),
                        json.path("temperature").asDouble(-1));
            default ->
                throw new IllegalArgumentException(
                        "head.type (%s) must be linear, two-layer or experts.".formatted(type));
        };
    }
}
