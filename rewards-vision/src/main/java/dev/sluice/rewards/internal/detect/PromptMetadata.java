package dev.sluice.rewards.internal.detect;

import dev.sluice.rewards.SceneRelation;
import dev.sluice.rewards.internal.GenEval.Wanted;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What GenEval's metadata ask for, in COCO's words for classes.
 *
 * @param include what must be there
 * @param exclude what must not be there
 * @param counting whether the task is counting, for which boxes must be surer
 */
record PromptMetadata(List<Wanted> include, List<Wanted> exclude, boolean counting) {
    /**
     * Reads metadata.
     *
     * @param metadata {@code tag}, {@code include} and {@code exclude}: lists of
     *     {@code {class, count[, color][, position: [relation, index]]}}
     * @throws IllegalArgumentException with the field's name, if something is missing or wrong
     */
    static PromptMetadata read(Map<String, Object> metadata) {
        List<Wanted> include = wanted("include", metadata.get("include"));
        if (include.isEmpty()) {
            throw new IllegalArgumentException("the metadata has no include; expected what the prompt asks for");
        }
        List<Wanted> exclude = wanted("exclude", metadata.get("exclude"));
        return new PromptMetadata(include, exclude, "counting".equals(metadata.get("tag")));
    }

    private static List<Wanted> wanted(String name, Object value) {
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
            all.add(wanted(FoundBox.plain(kind), count.intValue(), map, name, all.size()));
        }
        return all;
    }

    private static Wanted wanted(String kind, int count, Map<?, ?> map, String name, int index) {
        Optional<String> color = Optional.ofNullable(map.get("color")).map(Object::toString);
        color.ifPresent(ColorReader::requireColor);
        if (map.get("position") == null) {
            return new Wanted(kind, count, color, Optional.empty(), -1);
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
        return new Wanted(kind, count, color, Optional.of(relation(pair.get(0))), target.intValue());
    }

    private static SceneRelation relation(Object words) {
        return Arrays.stream(SceneRelation.values())
                .filter(relation -> relation.words().equals(words))
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException(
                        "the relation (%s) must be left of, right of, above or below".formatted(words)));
    }
}
