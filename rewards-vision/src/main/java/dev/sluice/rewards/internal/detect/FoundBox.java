package dev.sluice.rewards.internal.detect;

import dev.sluice.rewards.internal.Stills;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * An object that a detector found.
 *
 * @param kind its class, as {@link #plain} writes it
 * @param score how sure the detector is
 * @param edges left, upper, right and lower edge in pixels
 */
record FoundBox(String kind, double score, double[] edges) {
    /** GenEval calls three of COCO's classes otherwise. */
    private static final Map<String, String> PLAIN =
            Map.of("computer mouse", "mouse", "tv remote", "remote", "computer keyboard", "keyboard");

    /** Returns COCO's name of a class that GenEval names. */
    static String plain(String kind) {
        return PLAIN.getOrDefault(kind, kind);
    }

    /** Returns GenEval's name of a class that COCO names. */
    static String named(String kind) {
        return PLAIN.entrySet().stream()
                .filter(entry -> entry.getValue().equals(kind))
                .map(Map.Entry::getKey)
                .findAny()
                .orElse(kind);
    }

    /**
     * Returns the boxes that metadata lists.
     *
     * @param value a list of {@code {class, score, box: [x1, y1, x2, y2]}}; a score that is missing is 1
     */
    static List<FoundBox> read(Object value) {
        if (!(value instanceof List<?> list)) {
            throw new IllegalArgumentException(
                    "the metadata has no boxes; expected boxes: [{class: ..., score: ..., box: [x1, y1, x2, y2]}], or the"
                            + " option model, a detector's folder");
        }
        List<FoundBox> boxes = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            if (!(list.get(i) instanceof Map<?, ?> map)
                    || !(map.get("class") instanceof String kind)
                    || !(map.get("box") instanceof List<?> edges)
                    || edges.size() != 4
                    || edges.stream().anyMatch(edge -> !(edge instanceof Number))) {
                throw new IllegalArgumentException(
                        "boxes[%s] (%s) must have a class and a box of four numbers".formatted(i, list.get(i)));
            }
            Object score = map.get("score");
            boxes.add(new FoundBox(
                    plain(kind),
                    score instanceof Number number ? number.doubleValue() : 1,
                    edges.stream()
                            .mapToDouble(edge -> ((Number) edge).doubleValue())
                            .toArray()));
        }
        return boxes;
    }

    /**
     * Returns the boxes that count, the surest first.
     *
     * @param least boxes must be surer than this
     */
    static List<FoundBox> surest(List<FoundBox> boxes, double least) {
        return boxes.stream()
                .filter(box -> box.score > least)
                .sorted(Comparator.comparingDouble(FoundBox::score).reversed())
                .toList();
    }

    /** Returns what lies in the box, its edges rounded half to even, at least one pixel. */
    Media crop(Media picture) {
        int left = limited(edges[0], picture.width() - 1);
        int top = limited(edges[1], picture.height() - 1);
        int right = Math.max(left + 1, limited(edges[2], picture.width()));
        int bottom = Math.max(top + 1, limited(edges[3], picture.height()));
        return Stills.part(picture, top, left, bottom - top, right - left);
    }

    private static int limited(double edge, int most) {
        return (int) Math.max(0, Math.min(most, Math.rint(edge)));
    }
}
