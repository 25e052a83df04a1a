package dev.sluice.rewards.internal;

import dev.sluice.rewards.SceneRelation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * GenEval's rules on objects that were found in a picture: which classes, how many, in which colours and places.
 *
 * <p>Source: djghosh13/geneval, {@code evaluate_images.py}, commit af4902f; the graded score: yifan123/reward-server,
 * {@code gen_eval.py}, commit 92ac29f.
 *
 * @param official whether all that was asked for is there; more is forgiven where it is not excluded
 * @param strict whether it is there in exactly that number
 * @param graded the mean of the parts as the source has them; may be below 0
 * @param graded01 the mean of the parts, each cut to [0, 1], and none for a wrong relation
 * @param faults what is not strictly right, one clause each
 */
public record GenEval(boolean official, boolean strict, double graded, double graded01, List<String> faults) {
    private static final int MOST_OF_A_CLASS = 16;
    private static final double SHARE_OF_SIZES = 0.1;

    /**
     * Objects that a prompt asks for.
     *
     * @param kind the class
     * @param count how many, at least 1
     * @param color of all of them, if it matters
     * @param relation how they lie, seen from the target, if it matters
     * @param target the index of an entry before this one; read only with a relation
     */
    public record Wanted(
            String kind, int count, Optional<String> color, Optional<SceneRelation> relation, int target) {}

    /**
     * An object that was found.
     *
     * @param kind the class
     * @param color its colour; empty if it has none that a prompt could ask for, or nobody asked
     * @param edges left, upper, right, lower edge; y grows downwards
     */
    public record Found(String kind, String color, double[] edges) {}

    /** Copies the list. */
    public GenEval {
        faults = List.copyOf(faults);
    }

    /**
     * Judges what was found.
     *
     * @param include what must be there, at least one entry
     * @param exclude what must not be there
     * @param found the surest first; of each class sixteen count
     */
    public static GenEval of(List<Wanted> include, List<Wanted> exclude, List<Found> found) {
        Graded graded = new Graded();
        graded.judge(include, found);
        return new GenEval(
                official(include, exclude, found),
                graded.faults.isEmpty(),
                mean(graded.parts),
                mean(graded.limited),
                graded.faults);
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).sum() / values.size();
    }

    private static List<Found> of(String kind, List<Found> found) {
        return found.stream()
                .filter(one -> one.kind.equals(kind))
                .limit(MOST_OF_A_CLASS)
                .toList();
    }

    private static int colored(Wanted wanted, List<Found> found) {
        String color = wanted.color.orElseThrow();
        return (int) found.stream().filter(one -> one.color.equals(color)).count();
    }

    private static boolean placed(Wanted wanted, List<Found> found, List<Found> others) {
        SceneRelation relation = wanted.relation.orElseThrow();
        return !others.isEmpty()
                && found.stream()
                        .allMatch(a -> others.stream()
                                .allMatch(b -> relations(a.edges, b.edges).contains(relation)));
    }

    private static boolean official(List<Wanted> include, List<Wanted> exclude, List<Found> found) {
        boolean correct = true;
        List<List<Found>> matched = new ArrayList<>();
        for (Wanted wanted : include) {
            List<Found> all = of(wanted.kind, found);
            List<Found> some = all.subList(0, Math.min(wanted.count, all.size()));
            boolean ok = some.size() >= wanted.count
                    && (wanted.color.isEmpty() || colored(wanted, some) >= wanted.count)
                    && (wanted.relation.isEmpty() || placed(wanted, some, matched.get(wanted.target)));
            matched.add(ok ? some : List.of());
            correct &= ok;
        }
        return correct
                && exclude.stream().noneMatch(wanted -> of(wanted.kind, found).size() >= wanted.count);
    }

    /** What each requirement earns: as the source has it, and cut to [0, 1]. */
    private static final class Graded {
        private final List<Double> parts = new ArrayList<>();
        private final List<Double> limited = new ArrayList<>();
        private final List<String> faults = new ArrayList<>();

        private void add(double part) {
            parts.add(part);
            limited.add(Math.max(0, Math.min(1, part)));
        }

        private boolean fault(boolean ok, String text, Object... words) {
            if (!ok) {
                faults.add(text.formatted(words));
            }
            return ok;
        }

        void judge(List<Wanted> include, List<Found> found) {
            List<List<Found>> matched = new ArrayList<>();
            for (Wanted wanted : include) {
                List<Found> all = of(wanted.kind, found);
                add(1 - Math.abs(wanted.count - all.size()) / (double) wanted.count);
                boolean ok = fault(
                        all.size() == wanted.count, "%s %s wanted, %s found", wanted.count, wanted.kind, all.size());
                if (ok) {
                    ok = colors(wanted, all) && places(wanted, all, matched, include);
                } else if (wanted.color.isPresent() || wanted.relation.isPresent()) {
                    add(0);
                }
                matched.add(ok ? all : List.of());
            }
        }

        private boolean colors(Wanted wanted, List<Found> all) {
            if (wanted.color.isEmpty()) {
                return true;
            }
            int hits = colored(wanted, all);
            add(1 - Math.abs(wanted.count - hits) / (double) wanted.count);
            return fault(hits == wanted.count, "the %s is not %s", wanted.kind, wanted.color.get());
        }

        private boolean places(Wanted wanted, List<Found> all, List<List<Found>> matched, List<Wanted> include) {
            if (wanted.relation.isEmpty()) {
                return true;
            }
            List<Found> others = matched.get(wanted.target);
            boolean ok = placed(wanted, all, others);
            if (!ok) {
                parts.add(0.0);
            }
            if (!others.isEmpty()) {
                parts.add(1.0); // the source adds it whatever the relation is, if there is something to relate to
            }
            limited.add(ok ? 1.0 : 0.0);
            String words = wanted.relation.get().words();
            return fault(ok, "the %s is not %s the %s", wanted.kind, words, include.get(wanted.target).kind);
        }
    }

    /**
     * Returns how box {@code a} lies, seen from box {@code b}; two relations may hold.
     *
     * @param a left, upper, right, lower edge; y grows downwards
     * @param b the same of the other box
     */
    public static Set<SceneRelation> relations(double[] a, double[] b) {
        double[] offset = new double[2];
        double[] revised = new double[2];
        for (int i = 0; i < 2; i++) {
            offset[i] = (a[i] + a[i + 2] - b[i] - b[i + 2]) / 2;
            double sizes = a[i + 2] - a[i] + b[i + 2] - b[i];
            revised[i] = Math.signum(offset[i]) * Math.max(Math.abs(offset[i]) - SHARE_OF_SIZES * sizes, 0);
        }
        Set<SceneRelation> relations = EnumSet.noneOf(SceneRelation.class);
        if (Math.abs(revised[0]) < 1e-3 && Math.abs(revised[1]) < 1e-3) {
            return relations;
        }
        double norm = Math.hypot(offset[0], offset[1]);
        for (SceneRelation relation : SceneRelation.values()) {
            if ((relation.dx() * revised[0] + relation.dy() * revised[1]) / norm > 0.5) {
                relations.add(relation);
            }
        }
        return relations;
    }
}
