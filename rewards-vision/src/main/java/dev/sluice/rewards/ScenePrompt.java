package dev.sluice.rewards;

import dev.sluice.rewards.internal.SceneMetadata;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A prompt of the scenes world and what a picture must show to obey it.
 *
 * @param task the task it belongs to
 * @param text the words, all of {@link ScenesWorld#words()}, separated by one space
 * @param include what the picture must show; no shape stands in it twice
 * @param exclude what the picture must not show; a prompt of counting excludes one more than it wants
 */
public record ScenePrompt(SceneTask task, String text, List<Wanted> include, List<Wanted> exclude) {
    /** Copies the lists. */
    public ScenePrompt {
        include = List.copyOf(include);
        exclude = List.copyOf(exclude);
    }

    /**
     * Objects of one shape.
     *
     * @param shape the shape
     * @param count how many, at least 1
     * @param color the colour of all of them, if it matters
     * @param place where they must lie, if it matters
     */
    public record Wanted(SceneShape shape, int count, Optional<SceneColor> color, Optional<Place> place) {
        /** Returns objects of any colour at any place. */
        public static Wanted of(SceneShape shape, int count) {
            return new Wanted(shape, count, Optional.empty(), Optional.empty());
        }

        /** Returns one object of a colour. */
        public static Wanted of(SceneShape shape, SceneColor color) {
            return new Wanted(shape, 1, Optional.of(color), Optional.empty());
        }
    }

    /**
     * A place relative to other objects.
     *
     * @param relation how the objects lie, seen from the others
     * @param target the position of the others in {@link ScenePrompt#include()}
     */
    public record Place(SceneRelation relation, int target) {}

    /**
     * Returns the prompt that metadata in GenEval's form describes.
     *
     * @param text the words; they are not read
     * @param metadata as {@link #metadata()} returns it; numbers of any type; further fields {@code prompt},
     *     {@code task} and {@code unseen} are ignored
     * @throws IllegalArgumentException with the field's name, if something is missing or unknown to the scenes world
     */
    public static ScenePrompt of(String text, Map<String, Object> metadata) {
        return SceneMetadata.read(text, metadata);
    }

    /** Returns how many objects a picture that obeys the prompt shows. */
    public int objects() {
        return include.stream().mapToInt(Wanted::count).sum();
    }

    /**
     * Returns the metadata in GenEval's form: {@code tag}, {@code include} and, for counting, {@code exclude}, lists of
     * {@code {class, count[, color][, position: [relation, index]]}}.
     */
    public Map<String, Object> metadata() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("tag", task.tag());
        map.put("include", maps(include));
        if (!exclude.isEmpty()) {
            map.put("exclude", maps(exclude));
        }
        return map;
    }

    private static List<Map<String, Object>> maps(List<Wanted> wanted) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (Wanted one : wanted) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("class", one.shape().word());
            map.put("count", one.count());
            one.color().ifPresent(color -> map.put("color", color.word()));
            one.place()
                    .ifPresent(place ->
                            map.put("position", List.of(place.relation().words(), place.target())));
            all.add(map);
        }
        return all;
    }

    @Override
    public String toString() {
        return text;
    }
}
