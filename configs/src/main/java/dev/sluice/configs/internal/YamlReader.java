package dev.sluice.configs.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * Reads YAML into located nodes. Aliases are refused: the parser does not expand them, so that a reference would silently
 * become its own name. A key that is given twice is refused too.
 */
public final class YamlReader {
    private final String source;
    private final Path folder;
    private final List<Fault> faults;

    private YamlReader(String source, Path folder, List<Fault> faults) {
        this.source = source;
        this.folder = folder;
        this.faults = faults;
    }

    /**
     * Returns the tree, or null if there is none: the text is empty, or not YAML, which then is a fault.
     *
     * @param source what messages call the text
     * @param folder what relative paths in it start from
     */
    public static Node read(String source, Path folder, String text, List<Fault> faults) {
        return new YamlReader(source, folder, faults).read(text);
    }

    private Node read(String text) {
        try (JsonParser parser = new YAMLFactory().createParser(ObjectReadContext.empty(), text)) {
            if (parser.nextToken() == null) {
                return null;
            }
            Node node = node(parser, "");
            if (parser.nextToken() != null) {
                fault(
                        location(parser.currentTokenLocation()),
                        "",
                        "The file must hold one YAML document, not several.");
            }
            return node;
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            String reason =
                    String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
            fault(location(at), "", "This is not YAML: %s.".formatted(reason.replaceAll("[.:]+$", "")));
            return null;
        }
    }

    private Node node(JsonParser parser, String path) {
        Location location = location(parser.currentTokenLocation());
        if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            fault(
                    location,
                    path,
                    "%s is a YAML alias (*%s), which run files do not have.\nMaybe write the value out."
                            .formatted(path, parser.getString()));
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> mapping(parser, path, location);
            case START_ARRAY -> sequence(parser, path, location);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                new Node.Scalar(location, parser.getString(), Node.Kind.NUMBER);
            case VALUE_TRUE, VALUE_FALSE -> new Node.Scalar(location, parser.getString(), Node.Kind.BOOLEAN);
            case VALUE_NULL -> new Node.Scalar(location, "", Node.Kind.NULL);
            default -> new Node.Scalar(location, parser.getString(), Node.Kind.TEXT);
        };
    }

    private Node mapping(JsonParser parser, String path, Location location) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            Location key = location(parser.currentTokenLocation());
            String name = parser.currentName();
            parser.nextToken();
            Node value = node(parser, join(path, name));
            Node.Entry before = entries.put(name, new Node.Entry(key, value));
            if (before != null) {
                fault(
                        key,
                        join(path, name),
                        "%s is given twice; the first is in line %s."
                                .formatted(join(path, name), before.location().line()));
            }
        }
        return new Node.Mapping(location, entries);
    }

    private Node sequence(JsonParser parser, String path, Location location) {
        List<Node> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(node(parser, "%s[%s]".formatted(path, items.size())));
        }
        return new Node.Sequence(location, items);
    }

    static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private Location location(TokenStreamLocation at) {
        return at == null
                ? new Location(source, folder, 1, 1)
                : new Location(source, folder, Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr()));
    }

    private void fault(Location location, String path, String message) {
        faults.add(new Fault(location, path, message));
    }
}
