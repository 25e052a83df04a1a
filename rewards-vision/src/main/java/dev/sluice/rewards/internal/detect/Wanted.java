package dev.sluice.rewards.internal.detect;

import dev.sluice.rewards.SceneRelation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What GenEval's metadata ask for of one class.
 *
 * @param kind the class, as {@link FoundBox#plain} writes it
 * @param count how many, at least 1
 * @param color of all of them; empty if it does not matter
 * @param relation how they lie, seen from the target; empty if it does not matter
 * @param target the index of an entry before this one; −1 without a relation
 */
record Wanted(String kind, int count, String color, String relation, int target) {
    /**
     * Reads a list of metadata.
     *
     * @param name {@code include} or {@code exclude}
     * @param value a list of {@code {class, count[, color][, position: [relation, index]]}}; nothing is an empty list
     */
    static List<Wanted> read(String name, Object value) {
        List<Wanted> all = new ArrayList<>();
        if (value == null) {
            return all;
        }
        if (!(value instanceof List<?> list)) {
            throw new IllegalArgumentException("%s (%s) must be a list".formatted(name, value));
        }
        for (Object entry : list) {
            if (!(entry instanceof Map<?, ?> map)
                    || !(map.get("class") instanceof String kind)
                    || !(map.get("count") instanceof Number count)
                    || count.intValue() < 1) {
                throw new IllegalArgumentException(
                        "%s[%s] (%s) must have a class, and a count of at least 1".formatted(name, all.size(), entry));
            }
            all.add(of(FoundBox.plain(kind), count.intValue(), map, name, all.size()));
        }
        return all;
    }

    private static Wanted of(String kind, int count, Map<?, ?> map, String name, int index) {
        String color = map.get("color") == null ? "" : map.get("color").toString();
        if (!color.isEmpty()) {
            ColorReader.requireColor(color);
        }
        if (map.get("position") == null) {
            return new Wanted(kind, count, color, "", -1);
        }
        if (!(map.get("position") instanceof List<?> pair)
                || pair.size() != 2
                || !(pair.get(1) instanceof Number target)
                || target.intValue() < 0
                || target.intValue() >= index) {
            throw new IllegalArgumentException(
                    "%s[%s].position (%s) must be a relation and the index of an entry before"
                            .formatted(name, index, map.get("position")));
        }
        return new Wanted(kind, count, color, relation(String.valueOf(pair.get(0))), target.intValue());
    }

    private static String relation(String words) {
        for (SceneRelation relation : SceneRelation.values()) {
            if (relation.words().equals(words)) {
                return words;
            }
        }
        throw new IllegalArgumentException(
                "the relation (%s) must be left of, right of, above or below".formatted(words));
    }
}
