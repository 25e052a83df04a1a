package dev.sluice.rewards.internal.detect;

import dev.sluice.flow.tensor.Suggestion;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An object that a detector found.
 *
 * @param kind its class
 * @param score how sure the detector is
 * @param edges left, upper, right and lower edge in pixels
 */
record FoundBox(String kind, double score, double[] edges) {
    private static final int MOST_OF_A_CLASS = 16;

    /**
     * Returns the boxes that metadata lists, the surest first, at most sixteen of a class.
     *
     * @param least boxes must be surer than this
     */
    static List<FoundBox> read(Object value, double least) {
        if (!(value instanceof List<?> list)) {
            throw new IllegalArgumentException(
                    "the metadata has no boxes; expected boxes: [{class: ..., score: ..., box: [x1, y1, x2, y2]}]");
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
                    kind,
                    score instanceof Number number ? number.doubleValue() : 1,
                    edges.stream()
                            .mapToDouble(edge -> ((Number) edge).doubleValue())
                            .toArray()));
        }
        boxes.sort(Comparator.comparingDouble(FoundBox::score).reversed());
        Map<String, Integer> counts = new HashMap<>();
        return boxes.stream()
                .filter(box -> box.score > least && counts.merge(box.kind, 1, Integer::sum) <= MOST_OF_A_CLASS)
                .toList();
    }

    /** Returns the colour that most of its pixels have, of GenEval's ten, by hue, saturation and value; empty if it is grey. */
    String colour(Media media) {
        Map<String, Integer> counts = new HashMap<>();
        int left = (int) Math.max(0, Math.rint(edges[0]));
        int top = (int) Math.max(0, Math.rint(edges[1]));
        int right = (int) Math.min(media.width(), Math.max(left + 1, Math.rint(edges[2])));
        int bottom = (int) Math.min(media.height(), Math.max(top + 1, Math.rint(edges[3])));
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                counts.merge(
                        colour(media.value(0, y, x, 0), media.value(0, y, x, 1), media.value(0, y, x, 2)),
                        1,
                        Integer::sum);
            }
        }
        return counts.entrySet().stream()
                .max(Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                .map(Map.Entry::getKey)
                .orElse("");
    }

    static String colour(int red, int green, int blue) {
        double most = Math.max(red, Math.max(green, blue)) / 255.0;
        double least = Math.min(red, Math.min(green, blue)) / 255.0;
        double saturation = most == 0 ? 0 : (most - least) / most;
        if (most < 0.2) {
            return "black";
        }
        if (saturation < 0.15) {
            return most > 0.8 ? "white" : "";
        }
        double hue = hue(red / 255.0, green / 255.0, blue / 255.0, most, most - least);
        if (hue >= 10 && hue < 45) {
            return most < 0.6 ? "brown" : hue < 15 ? "red" : hue < 40 ? "orange" : "yellow";
        }
        if (hue >= 45 && hue < 70) {
            return "yellow";
        }
        if (hue >= 70 && hue < 170) {
            return "green";
        }
        if (hue >= 170 && hue < 260) {
            return "blue";
        }
        if (hue >= 260 && hue < 300) {
            return "purple";
        }
        return (hue >= 300 && hue < 345) || (saturation < 0.5 && most > 0.7) ? "pink" : "red";
    }

    private static double hue(double red, double green, double blue, double most, double range) {
        double sixth;
        if (most == red) {
            sixth = (green - blue) / range;
        } else if (most == green) {
            sixth = (blue - red) / range + 2;
        } else {
            sixth = (red - green) / range + 4;
        }
        return (60 * sixth + 360) % 360;
    }

    /** Refuses a word that is none of the ten colours. */
    static void requireColour(String word) {
        List<String> known =
                List.of("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white");
        if (!known.contains(word)) {
            throw new IllegalArgumentException("the colour (%s) must be one of %s.%s"
                    .formatted(word, String.join(", ", known), Suggestion.line(word, known)));
        }
    }
}
