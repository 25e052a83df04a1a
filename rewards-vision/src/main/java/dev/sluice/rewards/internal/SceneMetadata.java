package dev.sluice.rewards.internal;

import dev.sluice.flow.tensor.Suggestion;
import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.ScenePrompt.Place;
import dev.sluice.rewards.ScenePrompt.Wanted;
import dev.sluice.rewards.SceneRelation;
import dev.sluice.rewards.SceneShape;
import dev.sluice.rewards.SceneTask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Reads GenEval's metadata as far as the scenes world knows its words. */
public final class SceneMetadata {
    /** The last three say nothing of the picture: they stand in prompt files and in what runs make of prompts. */
    private static final List<String> KNOWN = List.of("tag", "include", "exclude", "prompt", "task", "unseen");

    private static final int MOST_SHOWN = 60;

    private SceneMetadata() {}

    /**
     * Returns the prompt that metadata describes or, where they say nothing of what is wanted, the one that the world has under
     * the same words.
     *
     * @throws IllegalArgumentException if the metadata are wrong, or missing and the world has no such prompt
     */
    static ScenePrompt find(String text, Map<String, Object> metadata) {
        if (metadata.containsKey("tag") || metadata.containsKey("include") || metadata.containsKey("exclude")) {
            return read(text, metadata);
        }
        return ScenePrompts.named(text)
                .orElseThrow(() -> new IllegalArgumentException(
                        "the prompt (%s) is none of the scenes world, and there is no metadata (tag, include) that says what it asks for.%s"
                                .formatted(cut(text), hint(text))));
    }

    private static String cut(String text) {
        return text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "…" : text;
    }

    private static String hint(String text) {
        return text.length() > MOST_SHOWN
                ? ""
                : Suggestion.line(text, ScenePrompts.texts()).replace('\n', ' ');
    }

    /** Returns the prompt that metadata describes; each message of a failure names the field. */
    public static ScenePrompt read(String text, Map<String, Object> metadata) {
        for (String key : metadata.keySet()) {
            if (!KNOWN.contains(key)) {
                throw new IllegalArgumentException(
                        "%s is no field of scene metadata; expected tag, include, exclude or prompt.".formatted(key));
            }
        }
        SceneTask task = word("tag", metadata.get("tag"), SceneTask.values(), SceneTask::tag);
        List<Wanted> include = wanted("include", metadata.get("include"));
        if (include.isEmpty()) {
            throw new IllegalArgumentException("include must have at least one entry.");
        }
        long classes = include.stream().map(Wanted::shape).distinct().count();
        if (classes < include.size()) {
            throw new IllegalArgumentException("include must name each class once.");
        }
        for (int i = 0; i < include.size(); i++) {
            Optional<Place> place = include.get(i).place();
            if (place.isPresent() && !(place.get().target() >= 0 && place.get().target() < i)) {
                throw new IllegalArgumentException(
                        "include[%s].position[1] (%s) must be the index of an entry before it."
                                .formatted(i, place.get().target()));
            }
        }
        Object exclude = metadata.get("exclude");
        return new ScenePrompt(task, text, include, exclude == null ? List.of() : wanted("exclude", exclude));
    }

    private static List<Wanted> wanted(String name, Object value) {
        if (!(value instanceof List<?> list)) {
            throw new IllegalArgumentException("%s (%s) must be a list.".formatted(name, value));
        }
        List<Wanted> all = new ArrayList<>();
        for (Object entry : list) {
            String place = "%s[%s]".formatted(name, all.size());
            if (!(entry instanceof Map<?, ?> map)) {
                throw new IllegalArgumentException(
                        "%s (%s) must be an object with class and count.".formatted(place, entry));
            }
            all.add(new Wanted(
                    word(place + ".class", map.get("class"), SceneShape.values(), SceneShape::word),
                    count(place + ".count", map.get("count")),
                    Optional.ofNullable(map.get("color"))
                            .map(c -> word(place + ".color", c, SceneColor.values(), SceneColor::word)),
                    Optional.ofNullable(map.get("position")).map(p -> place(place + ".position", p))));
        }
        return all;
    }

    private static Place place(String name, Object value) {
        if (!(value instanceof List<?> pair) || pair.size() != 2) {
            throw new IllegalArgumentException("%s (%s) must be [relation, index].".formatted(name, value));
        }
        return new Place(
                word(name + "[0]", pair.get(0), SceneRelation.values(), SceneRelation::words),
                whole(name + "[1]", pair.get(1)));
    }

    private static int count(String name, Object value) {
        int count = whole(name, value);
        if (count < 1) {
            throw new IllegalArgumentException("%s (%s) must be at least 1.".formatted(name, value));
        }
        return count;
    }

    private static int whole(String name, Object value) {
        if (value instanceof Number number && number.doubleValue() == number.intValue()) {
            return number.intValue();
        }
        throw new IllegalArgumentException("%s (%s) must be a whole number.".formatted(name, value));
    }

    private static <T> T word(String name, Object value, T[] known, Function<T, String> words) {
        return Stream.of(known)
                .filter(one -> words.apply(one).equals(value))
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException("%s (%s) must be one of %s."
                        .formatted(name, value, Arrays.stream(known).map(words).toList())));
    }
}
