package dev.sluice.configs.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Stacks the layers of a run file: built-in defaults, the files it names as its base, the file, settings. */
public final class Layers {
    private static final String BASE = "base";
    /** No run file is longer; what is, was named by mistake, and is not read into memory. */
    private static final long LONGEST = 1 << 20;

    private final List<Fault> faults;

    /** Creates a stack that adds what is wrong to {@code faults}. */
    public Layers(List<Fault> faults) {
        this.faults = faults;
    }

    /** Returns a resource of this module's root package as a tree. */
    public Node.Mapping defaults(String resource) {
        try (InputStream in = Layers.class.getResourceAsStream("/dev/sluice/configs/" + resource)) {
            if (in == null) {
                throw new IllegalStateException("The resource %s is missing.".formatted(resource));
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return asMapping(YamlReader.read(resource, Path.of(""), text, faults), resource, Path.of(""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the file's tree over those of its base files. */
    public Node.Mapping file(Path file) {
        return file(file, new Node.Mapping(new Location(file.toString(), Path.of(""), 0, 0), Map.of()));
    }

    /** Returns the file's tree over those of its base files, over the built-in one. */
    public Node.Mapping file(Path file, Node.Mapping builtIn) {
        return file(file, null, new ArrayList<>(), builtIn);
    }

    private Node.Mapping file(Path file, Location from, List<Path> open, Node.Mapping below) {
        Path folder = file.toAbsolutePath().getParent();
        Location whole = from == null ? new Location(file.toString(), folder, 0, 0) : from;
        Path place = file.toAbsolutePath().normalize();
        if (open.contains(place)) {
            faults.add(
                    new Fault(whole, BASE, "base (%s) leads back to itself: %s.".formatted(file, chain(open, place))));
            return below;
        }
        String text = text(file, whole);
        if (text == null) {
            return below;
        }
        Node.Mapping own = asMapping(YamlReader.read(file.toString(), folder, text, faults), file.toString(), folder);
        open.add(place);
        Node.Mapping merged = below;
        for (Node.Scalar base : bases(own)) {
            merged = file(resolved(base), base.location(), open, merged);
        }
        open.remove(place);
        Map<String, Node.Entry> entries = new LinkedHashMap<>(own.entries());
        entries.remove(BASE);
        return merged.with(new Node.Mapping(own.location(), entries));
    }

    private static Path resolved(Node.Scalar base) {
        Path path = Path.of(base.text());
        if (path.isAbsolute()) {
            return path;
        }
        return Path.of(base.location().source()).resolveSibling(path).normalize();
    }

    private static String chain(List<Path> open, Path again) {
        List<String> names = new ArrayList<>();
        open.forEach(path -> names.add(String.valueOf(path.getFileName())));
        names.add(String.valueOf(again.getFileName()));
        return String.join(" → ", names);
    }

    private List<Node.Scalar> bases(Node.Mapping mapping) {
        Node.Entry entry = mapping.entries().get(BASE);
        if (entry == null) {
            return List.of();
        }
        List<Node> named = entry.value() instanceof Node.Sequence list ? list.items() : List.of(entry.value());
        List<Node.Scalar> bases = new ArrayList<>();
        for (Node node : named) {
            if (node instanceof Node.Scalar scalar
                    && scalar.kind() == Node.Kind.TEXT
                    && !scalar.text().isBlank()) {
                bases.add(scalar);
            } else {
                faults.add(new Fault(
                        node.location(),
                        BASE,
                        "base (%s) must be a file or a list of files.".formatted(node.described())));
            }
        }
        return bases;
    }

    private String text(Path file, Location location) {
        try {
            if (Files.isDirectory(file)) {
                return unreadable(location, "The run file (%s) is a folder; a YAML file is expected.".formatted(file));
            }
            if (!Files.exists(file)) {
                return unreadable(location, "The run file (%s) does not exist.".formatted(file));
            }
            if (Files.size(file) > LONGEST) {
                return unreadable(
                        location,
                        "The run file (%s) has %s bytes; a YAML file of at most %s is expected."
                                .formatted(file, Files.size(file), LONGEST));
            }
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            return unreadable(
                    location, "The run file (%s) is not UTF-8 text; a YAML file is expected.".formatted(file));
        } catch (IOException e) {
            return unreadable(location, "The run file (%s) cannot be read: %s.".formatted(file, e));
        }
    }

    private String unreadable(Location location, String message) {
        faults.add(new Fault(location, "", message));
        return null;
    }

    /** Returns a setting {@code a.b=value} as a tree; relative paths in it start from the working folder. */
    public Node.Mapping setting(String setting) {
        Path folder = Path.of("").toAbsolutePath();
        int equals = setting.indexOf('=');
        String key = equals < 0 ? setting : setting.substring(0, equals).strip();
        Location location = new Location("--set " + key, folder, 0, 0);
        if (equals < 0 || key.isEmpty() || List.of(key.split("\\.", -1)).contains("")) {
            faults.add(new Fault(
                    location,
                    "",
                    "--set (%s) must have the form KEY=VALUE, like --set optimizer.learningRate=0.001."
                            .formatted(setting)));
            return new Node.Mapping(location, Map.of());
        }
        List<Fault> found = new ArrayList<>();
        Node value = YamlReader.read(location.source(), folder, setting.substring(equals + 1), found);
        found.forEach(fault -> faults.add(new Fault(location, key, fault.message())));
        Node node = value == null ? new Node.Scalar(location, "", Node.Kind.NULL) : at(location, value);
        String[] parts = key.split("\\.", -1);
        for (int i = parts.length - 1; i >= 0; i--) {
            node = new Node.Mapping(location, Map.of(parts[i], new Node.Entry(location, node)));
        }
        return (Node.Mapping) node;
    }

    /** Lines and columns within a command-line argument help nobody. */
    private static Node at(Location location, Node node) {
        if (node instanceof Node.Mapping mapping) {
            Map<String, Node.Entry> entries = new LinkedHashMap<>();
            mapping.entries()
                    .forEach((key, entry) -> entries.put(key, new Node.Entry(location, at(location, entry.value()))));
            return new Node.Mapping(location, entries);
        }
        if (node instanceof Node.Sequence list) {
            return new Node.Sequence(
                    location,
                    list.items().stream().map(item -> at(location, item)).toList());
        }
        Node.Scalar scalar = (Node.Scalar) node;
        return new Node.Scalar(location, scalar.text(), scalar.kind());
    }

    private Node.Mapping asMapping(Node node, String source, Path folder) {
        if (node instanceof Node.Mapping mapping) {
            return mapping;
        }
        Location location = new Location(source, folder, 1, 1);
        if (node != null) {
            faults.add(new Fault(
                    location,
                    "",
                    "The file must be a group of keys, like 'seed: 1'; it is %s."
                            .formatted(node instanceof Node.Sequence ? "a list" : "a single value")));
        }
        return new Node.Mapping(location, Map.of());
    }
}
