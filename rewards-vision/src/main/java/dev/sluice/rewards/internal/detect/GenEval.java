package dev.sluice.rewards.internal.detect;

import dev.sluice.rewards.internal.SceneRules;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * GenEval's rules on a detector's boxes: which classes, how many, in which colours and places.
 *
 * <p>Source: djghosh13/geneval, {@code evaluate_images.py}; the graded score: yifan123/reward-server, {@code gen_eval.py}. Differs:
 * boxes are of any detector and have no masks; a colour may be that of most pixels in the box.
 *
 * @param official whether all that was asked for is there
 * @param strict whether it is there in exactly that number
 * @param graded the mean of the parts as the source has them; may be below 0
 * @param graded01 the mean of the parts, each cut to [0, 1], and none for a wrong relation
 */
record GenEval(boolean official, boolean strict, double graded, double graded01) {
    /**
     * Judges a picture.
     *
     * @param metadata {@code include} and {@code exclude} as GenEval's prompts have them
     * @param all what the detector found and counts for the prompt's task
     * @param colors asked for the boxes of classes whose colour matters
     */
    static GenEval of(Map<String, Object> metadata, Media media, List<FoundBox> all, ColorReader colors) {
        List<Wanted> include = include(metadata);
        List<Wanted> exclude = Wanted.read("exclude", metadata.get("exclude"));
        List<FoundBox> boxes = colored(all, include, media, colors);
        Graded graded = new Graded();
        graded.judge(include, boxes);
        return new GenEval(official(include, exclude, boxes), graded.strict, mean(graded.parts), mean(graded.limited));
    }

    /** Returns what metadata ask for. */
    static List<Wanted> include(Map<String, Object> metadata) {
        List<Wanted> include = Wanted.read("include", metadata.get("include"));
        if (include.isEmpty()) {
            throw new IllegalArgumentException("the metadata has no include; expected what the prompt asks for");
        }
        return include;
    }

    /** Names the colours that matter, all at once. */
    private static List<FoundBox> colored(List<FoundBox> all, List<Wanted> include, Media media, ColorReader colors) {
        List<FoundBox> asked = all.stream()
                .filter(box -> include.stream()
                        .anyMatch(wanted ->
                                !wanted.color().isEmpty() && wanted.kind().equals(box.kind())))
                .toList();
        if (asked.isEmpty()) {
            return all;
        }
        Iterator<String> found = colors.colors(media, asked).iterator();
        return all.stream()
                .map(box ->
                        asked.contains(box) ? new FoundBox(box.kind(), box.score(), box.edges(), found.next()) : box)
                .toList();
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    private static List<FoundBox> of(String kind, List<FoundBox> boxes) {
        return boxes.stream().filter(box -> box.kind().equals(kind)).toList();
    }

    private static int colored(Wanted wanted, List<FoundBox> boxes) {
        return (int)
                boxes.stream().filter(box -> box.color().equals(wanted.color())).count();
    }

    private static boolean placed(Wanted wanted, List<FoundBox> boxes, List<FoundBox> others) {
        return !others.isEmpty()
                && boxes.stream()
                        .allMatch(a -> others.stream()
                                .allMatch(b -> SceneRules.relations(a.edges(), b.edges()).stream()
                                        .anyMatch(relation -> relation.words().equals(wanted.relation()))));
    }

    private static boolean official(List<Wanted> include, List<Wanted> exclude, List<FoundBox> boxes) {
        boolean correct = true;
        List<List<FoundBox>> matched = new ArrayList<>();
        for (Wanted wanted : include) {
            List<FoundBox> all = of(wanted.kind(), boxes);
            List<FoundBox> found = all.subList(0, Math.min(wanted.count(), all.size()));
            boolean ok = found.size() >= wanted.count()
                    && (wanted.color().isEmpty() || colored(wanted, found) >= wanted.count())
                    && (wanted.relation().isEmpty() || placed(wanted, found, matched.get(wanted.target())));
            matched.add(ok ? found : List.of());
            correct &= ok;
        }
        return correct
                && exclude.stream().noneMatch(wanted -> of(wanted.kind(), boxes).size() >= wanted.count());
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

        void judge(List<Wanted> include, List<FoundBox> boxes) {
            List<List<FoundBox>> matched = new ArrayList<>();
            for (Wanted wanted : include) {
                List<FoundBox> all = of(wanted.kind(), boxes);
                add(1 - Math.abs(wanted.count() - all.size()) / (double) wanted.count());
                boolean ok = all.size() == wanted.count();
                if (!ok) {
                    if (!wanted.color().isEmpty() || !wanted.relation().isEmpty()) {
                        add(0);
                    }
                } else {
                    ok = details(wanted, all, matched);
                }
                strict &= ok;
                matched.add(ok ? all : List.of());
            }
        }

        private boolean details(Wanted wanted, List<FoundBox> all, List<List<FoundBox>> matched) {
            boolean ok = true;
            if (!wanted.color().isEmpty()) {
                int hits = colored(wanted, all);
                add(1 - Math.abs(wanted.count() - hits) / (double) wanted.count());
                ok = hits == wanted.count();
            }
            if (ok && !wanted.relation().isEmpty()) {
                List<FoundBox> others = matched.get(wanted.target());
                ok = placed(wanted, all, others);
                if (!ok) {
                    parts.add(0.0);
                }
                if (!others.isEmpty()) {
                    parts.add(1.0); // the source adds it whatever the relation is, if there is something to relate to
                }
                limited.add(ok ? 1.0 : 0.0);
            }
            return ok;
        }
    }
}
