package dev.sluice.rewards.internal.detect;

import dev.sluice.rewards.SceneRelation;
import dev.sluice.rewards.internal.SceneRules;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * GenEval's rules on a detector's boxes: which classes, how many, in which colours and places.
 *
 * <p>Source: djghosh13/geneval, {@code evaluate_images.py}; the graded score: yifan123/reward-server, {@code gen_eval.py}. Differs:
 * colours are those of most pixels in the box, where the source asks CLIP.
 *
 * @param official whether all that was asked for is there
 * @param strict whether it is there in exactly that number
 * @param graded the mean of the parts as the source has them; may be below 0
 * @param graded01 the mean of the parts, each cut to [0, 1], and none for a wrong relation
 */
record GenEval(boolean official, boolean strict, double graded, double graded01) {
    private static final double SURE = 0.3;
    private static final double SURE_TO_COUNT = 0.9;

    /** What the prompt asks for of one class. */
    private record Wanted(String kind, int count, String color, String relation, int target) {
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
                    throw new IllegalArgumentException("%s[%s] (%s) must have a class, and a count of at least 1"
                            .formatted(name, all.size(), entry));
                }
                all.add(of(kind, count.intValue(), map, name, all.size()));
            }
            return all;
        }

        private static Wanted of(String kind, int count, Map<?, ?> map, String name, int index) {
            String color = map.get("color") == null ? "" : map.get("color").toString();
            if (!color.isEmpty()) {
                FoundBox.requireColour(color);
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

    /**
     * Judges a picture.
     *
     * @param metadata {@code tag}, {@code include} and {@code exclude} as GenEval's prompts have them, and {@code boxes}
     */
    static GenEval of(Map<String, Object> metadata, Media media) {
        List<Wanted> include = Wanted.read("include", metadata.get("include"));
        if (include.isEmpty()) {
            throw new IllegalArgumentException("the metadata has no include; expected what the prompt asks for");
        }
        List<Wanted> exclude = Wanted.read("exclude", metadata.get("exclude"));
        double least = "counting".equals(metadata.get("tag")) ? SURE_TO_COUNT : SURE;
        List<FoundBox> boxes = FoundBox.read(metadata.get("boxes"), least);
        Graded graded = new Graded();
        graded.judge(include, boxes, media);
        return new GenEval(
                official(include, exclude, boxes, media), graded.strict, mean(graded.parts), mean(graded.limited));
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    private static List<FoundBox> of(String kind, List<FoundBox> boxes) {
        return boxes.stream().filter(box -> box.kind().equals(kind)).toList();
    }

    private static int colored(Wanted wanted, List<FoundBox> boxes, Media media) {
        return (int) boxes.stream()
                .filter(box -> box.colour(media).equals(wanted.color))
                .count();
    }

    private static boolean placed(Wanted wanted, List<FoundBox> boxes, List<FoundBox> others) {
        return !others.isEmpty()
                && boxes.stream()
                        .allMatch(a -> others.stream()
                                .allMatch(b -> SceneRules.relations(a.edges(), b.edges()).stream()
                                        .anyMatch(relation -> relation.words().equals(wanted.relation))));
    }

    private static boolean official(List<Wanted> include, List<Wanted> exclude, List<FoundBox> boxes, Media media) {
        boolean correct = true;
        List<List<FoundBox>> matched = new ArrayList<>();
        for (Wanted wanted : include) {
            List<FoundBox> all = of(wanted.kind, boxes);
            List<FoundBox> found = all.subList(0, Math.min(wanted.count, all.size()));
            boolean ok = found.size() >= wanted.count
                    && (wanted.color.isEmpty() || colored(wanted, found, media) >= wanted.count)
                    && (wanted.relation.isEmpty() || placed(wanted, found, matched.get(wanted.target)));
            matched.add(ok ? found : List.of());
            correct &= ok;
        }
        return correct
                && exclude.stream().noneMatch(wanted -> of(wanted.kind, boxes).size() >= wanted.count);
    }

    /** The parts of the graded score. */
    private static final class Graded {
        private final List<Double> parts = new ArrayList<>();
        private final List<Double> limited = new ArrayList<>();
        private boolean strict = true;

        private void add(double part) {
            parts.add(part);
            limited.add(Math.max(0, Math.min(1, part)));
        }

        void judge(List<Wanted> include, List<FoundBox> boxes, Media media) {
            List<List<FoundBox>> matched = new ArrayList<>();
            for (Wanted wanted : include) {
                List<FoundBox> all = of(wanted.kind, boxes);
                add(1 - Math.abs(wanted.count - all.size()) / (double) wanted.count);
                boolean ok = all.size() == wanted.count;
                if (!ok) {
                    if (!wanted.color.isEmpty() || !wanted.relation.isEmpty()) {
                        add(0);
                    }
                } else {
                    ok = details(wanted, all, matched, media);
                }
                strict &= ok;
                matched.add(ok ? all : List.of());
            }
        }

        private boolean details(Wanted wanted, List<FoundBox> all, List<List<FoundBox>> matched, Media media) {
            boolean ok = true;
            if (!wanted.color.isEmpty()) {
                int hits = colored(wanted, all, media);
                add(1 - Math.abs(wanted.count - hits) / (double) wanted.count);
                ok = hits == wanted.count;
            }
            if (ok && !wanted.relation.isEmpty()) {
                ok = placed(wanted, all, matched.get(wanted.target));
                if (!ok) {
                    parts.add(0.0);
                }
                // the source adds 1 in both cases
                parts.add(1.0);
                limited.add(ok ? 1.0 : 0.0);
            }
            return ok;
        }
    }
}
