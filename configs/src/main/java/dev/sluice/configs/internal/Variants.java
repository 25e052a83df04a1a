package dev.sluice.configs.internal;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Groups of keys that are one of several records: the key {@code type} says which. The built-in values of every variant stand in a
 * resource, under the simple name of the sealed interface and the variant's word.
 */
final class Variants {
    static final String TYPE = "type";
    private static final Node.Mapping STANDARD = new Layers(new ArrayList<>()).defaults("variants.yaml");

    private final Class<?> choice;
    private final Map<String, Class<?>> records = new LinkedHashMap<>();

    Variants(Class<?> choice) {
        this.choice = choice;
        for (Class<?> record : choice.getPermittedSubclasses()) {
            records.put(record.getAnnotation(Variant.class).value(), record);
        }
    }

    static boolean are(Class<?> type) {
        return type.isInterface()
                && type.isSealed()
                && type.getPermittedSubclasses()[0].isAnnotationPresent(Variant.class);
    }

    Class<?> record(String word) {
        return records.get(word);
    }

    List<String> words() {
        return List.copyOf(records.keySet());
    }

    /** Returns the built-in values of a variant under those of a run file, without the key that chose it. */
    Node.Mapping completed(String word, Node.Mapping own) {
        Node.Mapping standard = group(group(STANDARD, choice.getSimpleName()), word);
        Map<String, Node.Entry> entries = new LinkedHashMap<>(standard.with(own).entries());
        entries.remove(TYPE);
        return new Node.Mapping(own.location(), entries);
    }

    private static Node.Mapping group(Node.Mapping in, String key) {
        Node.Entry entry = in.entries().get(key);
        return entry != null && entry.value() instanceof Node.Mapping group
                ? group
                : new Node.Mapping(in.location(), Map.of());
    }

    /** Returns why a key does not belong to a variant, or null if no variant has it. */
    String complaint(String word, String key, String path) {
        List<String> others = words().stream()
                .filter(other -> keys(records.get(other)).contains(key))
                .toList();
        if (others.isEmpty() || others.contains(word)) {
            return null;
        }
        Variant variant = records.get(word).getAnnotation(Variant.class);
        String reason = Arrays.asList(variant.lacks()).contains(key) ? ", because " + variant.because() : "";
        return "%s has no meaning with %s: %s%s.%nMaybe leave it out, or take %s: %s."
                .formatted(
                        YamlReader.join(path, key),
                        YamlReader.join(path, TYPE),
                        word,
                        reason,
                        YamlReader.join(path, TYPE),
                        String.join(" or ", others));
    }

    private static List<String> keys(Class<?> record) {
        return Arrays.stream(record.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
    }
}
