package dev.sluice.configs.internal;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What values that are wrong may be meant to be, so that nobody hears of a fault that is not in the file. */
final class Guesses {
    /** Above this nothing is tried. */
    private static final int MOST = 64;

    private final Map<String, List<Object>> groups = new HashMap<>();
    private final Set<String> names = new HashSet<>();

    /** Keeps what a group with a fault may be meant to be. */
    void keep(String path, List<Object> made) {
        groups.put(path, made);
    }

    /** Returns the names of single values that were wrong so far, as a set of the caller's own. */
    Set<String> names() {
        return new HashSet<>(names);
    }

    /**
     * Returns what a key with a wrong value may be meant to be; nothing if that is anybody's guess.
     *
     * @param standard its built-in value, or null
     */
    List<Object> of(RecordComponent component, String path, Object standard) {
        boolean optional = component.getType() == Optional.class;
        Type type = meant(component);
        if (group(type) && groups.containsKey(path)) {
            return groups.get(path).stream()
                    .map(group -> optional ? Optional.of(group) : group)
                    .toList();
        }
        if (type instanceof Class<?> variants && Variants.are(variants)) {
            return List.of();
        }
        names.add(component.getName());
        if (type == boolean.class || type == Boolean.class) {
            return all(optional, true, false);
        }
        if (type instanceof Class<?> plain && plain.isEnum()) {
            return all(optional, plain.getEnumConstants());
        }
        return standard == null ? List.of() : neighbours(component, standard);
    }

    /** Returns whether a group was written as something else, so that nothing of it is known. */
    boolean strange(RecordComponent component, String path) {
        return group(meant(component)) && !groups.containsKey(path);
    }

    private static boolean group(Type type) {
        return type instanceof Class<?> plain && (plain.isRecord() || Variants.are(plain));
    }

    private static Type meant(RecordComponent component) {
        return component.getType() == Optional.class
                ? ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0]
                : component.getGenericType();
    }

    /** A number may be meant to be more than its built-in value, which often is the one that switches something off. */
    private static List<Object> neighbours(RecordComponent component, Object standard) {
        Within within = component.getAnnotation(Within.class);
        double most = within == null ? Double.POSITIVE_INFINITY : Math.min(within.most(), within.below());
        if (standard instanceof Integer whole && whole + 1 <= most) {
            return List.of(whole, whole + 1);
        }
        if (standard instanceof Double real && real + 1 < most) {
            return List.of(real, real + 1);
        }
        return List.of(standard);
    }

    private static List<Object> all(boolean optional, Object... values) {
        return optional
                ? Stream.concat(Arrays.stream(values).map(Optional::of), Stream.of(Optional.empty()))
                        .<Object>map(value -> value)
                        .toList()
                : List.of(values);
    }

    /** Returns a record's values with one choice among few made otherwise, also without what may be left out. */
    static List<Object[]> varied(Object[] values) {
        List<Object[]> varied = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            Object[] others = values[i] instanceof Boolean
                    ? new Object[] {true, false}
                    : values[i].getClass().isEnum() ? values[i].getClass().getEnumConstants() : new Object[0];
            for (Object other : others) {
                Object[] one = values.clone();
                one[i] = other;
                varied.add(one);
                varied.add(Arrays.stream(one)
                        .map(value -> value instanceof Optional ? Optional.empty() : value)
                        .toArray());
            }
        }
        return varied;
    }

    /** Returns every way to take one of each; none if there are too many. */
    static List<Object[]> combined(List<List<Object>> choices) {
        List<Object[]> all = List.<Object[]>of(new Object[0]);
        for (List<Object> choice : choices) {
            List<Object[]> longer = new ArrayList<>();
            for (Object[] start : all) {
                for (Object value : choice) {
                    Object[] one = Arrays.copyOf(start, start.length + 1);
                    one[start.length] = value;
                    longer.add(one);
                }
            }
            if (longer.size() > MOST) {
                return List.of();
            }
            all = longer;
        }
        return all;
    }

    /** Returns whether a complaint speaks of a key whose value is not known. */
    static boolean mentions(String complaint, Set<String> unsure) {
        return unsure.stream()
                .anyMatch(name -> Pattern.compile("\\b" + Pattern.quote(name) + "\\b")
                        .matcher(complaint)
                        .find());
    }
}
