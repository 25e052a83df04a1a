package dev.sluice.configs.internal;

import dev.sluice.flow.tensor.Suggestion;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a record of a tree. The record is the schema: its components name the keys, their types and annotations say what
 * is allowed, and its constructor holds the rules between keys. All faults are found, not only the first.
 */
public final class Binder {
    private static final Pattern NAMED = Pattern.compile("^(\\w+) \\(");
    private static final Node.Mapping NOTHING = new Node.Mapping(new Location("", Path.of(""), 0, 0), Map.of());

    private final List<Fault> faults;
    private final Node.Mapping defaults;
    private final Scalars scalars;
    private final Guesses guesses = new Guesses();

    /**
     * Creates a binder that adds what is wrong to {@code faults}.
     *
     * @param defaults the built-in layer
     */
    public Binder(List<Fault> faults, Node.Mapping defaults) {
        this.faults = faults;
        this.defaults = defaults;
        this.scalars = new Scalars(faults);
    }

    /**
     * Components of a record.
     *
     * @param values in all ways that they may be meant
     * @param complete whether there is one, as it was written
     * @param strange whether a group is there as something else, so that only complaints that name another key count
     */
    private record Trials(List<Object[]> values, boolean complete, boolean strange) {}

    /** Returns the record, or null where there were faults. */
    public <R extends Record> R bind(Class<R> type, Node.Mapping tree) {
        return type.cast(record(type, tree, ""));
    }

    private Object record(Class<?> type, Node node, String path) {
        if (!(node instanceof Node.Mapping mapping)) {
            return fault(
                    node.location(),
                    path,
                    "%s (%s) must be a group with the keys %s."
                            .formatted(path, node.described(), String.join(", ", keys(type))));
        }
        RecordComponent[] components = type.getRecordComponents();
        Set<String> meant = refuseUnknown(type, mapping, path);
        List<List<Object>> choices = new ArrayList<>();
        boolean complete = true;
        boolean strange = false;
        for (RecordComponent component : components) {
            String name = component.getName();
            boolean doubtful = meant.contains(name);
            Object value =
                    doubtful && !mapping.entries().containsKey(name) ? null : component(component, mapping, path);
            if (value == null || doubtful) {
                complete = false;
                String key = YamlReader.join(path, name);
                strange |= guesses.strange(component, key);
                Object standard = value == null ? standard(type, name, path) : value;
                choices.add(guesses.of(component, key, standard));
            } else {
                choices.add(List.of(value));
            }
        }
        return construct(type, new Trials(Guesses.combined(choices), complete, strange), mapping, path);
    }

    /** Returns the keys that unknown ones were probably meant to be. */
    private Set<String> refuseUnknown(Class<?> type, Node.Mapping mapping, String path) {
        List<String> known = keys(type);
        Set<String> meant = new HashSet<>();
        mapping.entries().forEach((key, entry) -> {
            if (!known.contains(key)) {
                Optional<String> nearest = Suggestion.nearest(key, known);
                nearest.ifPresent(meant::add);
                String hint = nearest.map("%nMaybe write %s."::formatted).orElse("");
                fault(
                        entry.location(),
                        YamlReader.join(path, key),
                        "%s is an unknown key; %s has %s.%s"
                                .formatted(
                                        YamlReader.join(path, key),
                                        path.isEmpty() ? "this file" : path,
                                        String.join(", ", known),
                                        hint));
            }
        });
        return meant;
    }

    private Object component(RecordComponent component, Node.Mapping mapping, String path) {
        String key = YamlReader.join(path, component.getName());
        Node.Entry entry = mapping.entries().get(component.getName());
        boolean optional = component.getType() == Optional.class;
        boolean absent = entry == null || isNull(entry.value());
        if (absent && optional) {
            return Optional.empty();
        }
        if (entry == null) {
            return fault(
                    mapping.location(),
                    key,
                    "%s is missing; %s is expected.".formatted(key, scalars.expected(component.getType(), component)));
        }
        if (absent) {
            return fault(
                    entry.location(),
                    key,
                    "%s has no value; %s is expected."
                            .formatted(key, scalars.expected(component.getType(), component)));
        }
        Type type = optional ? argument(component.getGenericType()) : component.getGenericType();
        Object value = value(type, component, entry.value(), key);
        return optional && value != null ? Optional.of(value) : value;
    }

    private static boolean isNull(Node node) {
        return node instanceof Node.Scalar scalar && scalar.kind() == Node.Kind.NULL;
    }

    private static Type argument(Type type) {
        return ((ParameterizedType) type).getActualTypeArguments()[0];
    }

    private Object value(Type type, AnnotatedElement rules, Node node, String path) {
        if (type instanceof ParameterizedType generic) {
            return generic.getRawType() == Map.class ? map(node, path) : list(argument(generic), rules, node, path);
        }
        Class<?> plain = (Class<?>) type;
        if (plain.isRecord()) {
            return record(plain, node, path);
        }
        if (Variants.are(plain)) {
            return variant(new Variants(plain), node, path);
        }
        return scalars.read(plain, rules, node, path);
    }

    /** Returns the record that the key {@code type} names. */
    private Object variant(Variants variants, Node node, String path) {
        String key = YamlReader.join(path, Variants.TYPE);
        String words = String.join(", ", variants.words());
        if (!(node instanceof Node.Mapping mapping)) {
            return fault(
                    node.location(),
                    path,
                    "%s (%s) must be a group of keys, of which type is one of %s."
                            .formatted(path, node.described(), words));
        }
        Node.Entry entry = mapping.entries().get(Variants.TYPE);
        if (entry == null) {
            return fault(mapping.location(), key, "%s is missing; one of %s is expected.".formatted(key, words));
        }
        String word = entry.value() instanceof Node.Scalar scalar ? scalar.text() : "";
        if (variants.record(word) == null) {
            String hint = Suggestion.nearest(word, variants.words())
                    .map("%nMaybe write %s."::formatted)
                    .orElse("");
            return fault(
                    entry.value().location(),
                    key,
                    "%s (%s) must be one of %s.%s".formatted(key, entry.value().described(), words, hint));
        }
        Map<String, Node.Entry> known = new LinkedHashMap<>();
        variants.completed(word, mapping).entries().forEach((name, value) -> {
            String complaint = variants.complaint(word, name, path);
            if (complaint == null) {
                known.put(name, value);
            } else {
                fault(value.location(), YamlReader.join(path, name), complaint);
            }
        });
        return record(variants.record(word), new Node.Mapping(mapping.location(), known), path);
    }

    private Object list(Type item, AnnotatedElement rules, Node node, String path) {
        if (!(node instanceof Node.Sequence sequence)) {
            return fault(
                    node.location(), path, "%s (%s) must be a list, like [a, b].".formatted(path, node.described()));
        }
        if (sequence.items().isEmpty() && rules.isAnnotationPresent(NotEmpty.class)) {
            return fault(node.location(), path, "%s ([]) must have at least one item.".formatted(path));
        }
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < sequence.items().size(); i++) {
            values.add(value(item, rules, sequence.items().get(i), "%s[%s]".formatted(path, i)));
        }
        return values.contains(null) ? null : List.copyOf(values);
    }

    /** Returns keys of any name and the texts of their values; whoever takes the map knows what is allowed. */
    private Object map(Node node, String path) {
        if (!(node instanceof Node.Mapping mapping)) {
            return fault(node.location(), path, "%s (%s) must be a group of keys.".formatted(path, node.described()));
        }
        Map<String, Object> values = new LinkedHashMap<>();
        mapping.entries().forEach((key, entry) -> {
            if (entry.value() instanceof Node.Scalar scalar && !isNull(scalar)) {
                values.put(key, scalar.text());
            } else {
                String place = YamlReader.join(path, key);
                fault(
                        entry.value().location(),
                        place,
                        "%s (%s) must be a single value."
                                .formatted(place, entry.value().described()));
            }
        });
        return values.size() < mapping.entries().size() ? null : Collections.unmodifiableMap(values);
    }

    /**
     * A constructor stops at its first complaint. To hear the others too, the value that it names is replaced by the built-in one,
     * which is known to be right, and the constructor is asked again. Where values are wrong it is asked with all that they may be
     * meant to be, so that its complaints about other keys are heard, and only those that hold whatever was meant.
     */
    private Object construct(Class<?> type, Trials trials, Node.Mapping mapping, String path) {
        List<String> keys = keys(type);
        int before = faults.size();
        List<Object[]> tried = trials.values.stream().map(Object[]::clone).toList();
        Set<String> unsure = trials.complete ? new HashSet<>() : guesses.names();
        for (int attempt = 0; attempt <= keys.size(); attempt++) {
            String complaint = complaint(type, tried);
            if (complaint == null || Guesses.mentions(complaint, unsure)) {
                break;
            }
            Matcher named = NAMED.matcher(complaint);
            String key = named.find() ? named.group(1) : "";
            Node.Entry entry = mapping.entries().get(key);
            if (entry == null && trials.strange) {
                break;
            }
            fault(
                    entry == null ? mapping.location() : entry.value().location(),
                    entry == null ? path : YamlReader.join(path, key),
                    entry == null && !path.isEmpty() ? path + ": " + complaint : prefixed(path, complaint));
            int place = keys.indexOf(key);
            Object standard = entry == null || place < 0 ? null : standardOrNone(type, place, path);
            if (standard == null || standard.equals(tried.get(0)[place])) {
                break;
            }
            tried.forEach(values -> values[place] = standard);
            unsure.add(key);
        }
        if (trials.complete && faults.size() == before) {
            return instance(type, trials.values.get(0));
        }
        // Any of the keys that a complaint is about may be the one that is wrong.
        List<Object[]> meant = new ArrayList<>(tried);
        trials.values.forEach(values -> meant.addAll(Guesses.varied(values)));
        guesses.keep(
                path,
                meant.stream()
                        .filter(values -> complaint(type, List.<Object[]>of(values)) == null)
                        .map(values -> instance(type, values))
                        .toList());
        return null;
    }

    /** Returns the built-in value of a single key; of a group nothing, for others may hang on what it says. */
    private Object standardOrNone(Class<?> type, int place, String path) {
        RecordComponent component = type.getRecordComponents()[place];
        if (component.getType().isRecord() || Variants.are(component.getType())) {
            return null;
        }
        return component.getType() == Optional.class ? Optional.empty() : standard(type, component.getName(), path);
    }

    private static String prefixed(String path, String complaint) {
        return path.isEmpty() ? complaint : path + "." + complaint;
    }

    /** Returns the built-in value of a key, or null if there is none. */
    private Object standard(Class<?> type, String key, String path) {
        Node node = defaults;
        for (String part : YamlReader.join(path, key).split("\\.")) {
            Node.Entry entry =
                    node instanceof Node.Mapping group ? group.entries().get(part) : null;
            if (entry == null) {
                return null;
            }
            node = entry.value();
        }
        for (RecordComponent component : type.getRecordComponents()) {
            if (component.getName().equals(key)) {
                return new Binder(new ArrayList<>(), NOTHING).value(component.getGenericType(), component, node, key);
            }
        }
        return null;
    }

    /** Returns what the constructor says against all of the trials alike, or null. */
    private static String complaint(Class<?> type, List<Object[]> trials) {
        String common = null;
        for (Object[] values : trials) {
            try {
                instance(type, values);
                return null;
            } catch (IllegalArgumentException e) {
                if (common != null && !common.equals(e.getMessage())) {
                    return null;
                }
                common = e.getMessage();
            }
        }
        return common;
    }

    private static Object instance(Class<?> type, Object[] values) {
        try {
            Class<?>[] types = Arrays.stream(type.getRecordComponents())
                    .map(RecordComponent::getType)
                    .toArray(Class<?>[]::new);
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException wrong) {
                throw wrong;
            }
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> keys(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
    }

    private Object fault(Location location, String path, String message) {
        faults.add(new Fault(location, path, message));
        return null;
    }
}
