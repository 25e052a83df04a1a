package dev.sluice.rewards.internal;

import dev.sluice.rewards.SceneDetection;
import dev.sluice.rewards.SceneObject;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.ScenePrompt.Wanted;
import dev.sluice.rewards.SceneRelation;
import dev.sluice.rewards.SceneShape;
import dev.sluice.rewards.SceneVerdict;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * GenEval's rules on detected objects: the official verdict of djghosh13/geneval ({@code evaluate_images.py}, commit
 * af4902f) and the graded one of yifan123/reward-server ({@code gen_eval.py}, commit 92ac29f), with the colour and the box
 * of the scenes verifier in place of a detector's.
 */
public final class SceneRules {
    private static final int MOST_OF_A_CLASS = 16;

    private SceneRules() {}

    /** Returns the verdict on a picture in which {@code found} was found. */
    public static SceneVerdict judge(ScenePrompt prompt, List<SceneDetection> found) {
        Graded graded = graded(prompt, found);
        long extra = found.stream()
                .filter(d -> d.object().isEmpty()
                        || prompt.include().stream()
                                .noneMatch(w -> w.shape() == d.object().get().shape()))
                .count();
        List<String> faults = new ArrayList<>(graded.faults);
        if (extra > 0) {
            faults.add("%s more than was asked for".formatted(extra));
        }
        boolean official = official(prompt, found);
        double precision = prompt.objects() / (double) (prompt.objects() + extra);
        double limited = mean(graded.limited);
        return new SceneVerdict(
                official && faults.isEmpty(),
                official,
                limited * precision,
                limited,
                mean(graded.parts),
                found,
                faults);
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).sum() / values.size();
    }

    private static List<SceneObject> of(SceneShape shape, List<SceneDetection> found) {
        return found.stream()
                .map(SceneDetection::object)
                .flatMap(Optional::stream)
                .filter(object -> object.shape() == shape)
                .limit(MOST_OF_A_CLASS)
                .toList();
    }

    private static boolean official(ScenePrompt prompt, List<SceneDetection> found) {
        boolean correct = true;
        List<List<SceneObject>> matched = new ArrayList<>();
        for (Wanted wanted : prompt.include()) {
            List<SceneObject> all = of(wanted.shape(), found);
            List<SceneObject> some = all.subList(0, Math.min(wanted.count(), all.size()));
            boolean ok = some.size() >= wanted.count();
            if (ok && wanted.color().isPresent()) {
                ok = colored(wanted, some) >= wanted.count();
            }
            if (ok && wanted.place().isPresent()) {
                List<SceneObject> others = matched.get(wanted.place().get().target());
                ok = !others.isEmpty() && placed(wanted, some, others);
            }
            matched.add(ok ? some : List.of());
            correct &= ok;
        }
        for (Wanted excluded : prompt.exclude()) {
            correct &= of(excluded.shape(), found).size() < excluded.count();
        }
        return correct;
    }

    /** What each requirement earns: flow_grpo's parts, and ours. */
    private static final class Graded {
        private final List<Double> parts = new ArrayList<>();
        private final List<Double> limited = new ArrayList<>();
        private final List<String> faults = new ArrayList<>();

        void add(double part) {
            parts.add(part);
            limited.add(Math.max(0, Math.min(1, part)));
        }
    }

    private static Graded graded(ScenePrompt prompt, List<SceneDetection> found) {
        Graded graded = new Graded();
        List<List<SceneObject>> matched = new ArrayList<>();
        for (Wanted wanted : prompt.include()) {
            List<SceneObject> all = of(wanted.shape(), found);
            int count = wanted.count();
            graded.add(1 - Math.abs(count - all.size()) / (double) count);
            if (all.size() != count) {
                graded.faults.add(
                        "%s %s wanted, %s found".formatted(count, wanted.shape().word(), all.size()));
                if (wanted.color().isPresent() || wanted.place().isPresent()) {
                    graded.add(0);
                }
                matched.add(List.of());
                continue;
            }
            boolean ok = true;
            if (wanted.color().isPresent()) {
                int hits = colored(wanted, all);
                graded.add(1 - Math.abs(count - hits) / (double) count);
                ok = hits == count;
                if (!ok) {
                    graded.faults.add("the %s is not %s"
                            .formatted(
                                    wanted.shape().word(), wanted.color().get().word()));
                }
            }
            if (ok && wanted.place().isPresent()) {
                List<SceneObject> others = matched.get(wanted.place().get().target());
                ok = !others.isEmpty() && placed(wanted, all, others);
                addRelation(graded, ok, !others.isEmpty());
                if (!ok) {
                    graded.faults.add("the %s is not %s the %s"
                            .formatted(
                                    wanted.shape().word(),
                                    wanted.place().get().relation().words(),
                                    prompt.include()
                                            .get(wanted.place().get().target())
                                            .shape()
                                            .word()));
                }
            }
            matched.add(ok ? all : List.of());
        }
        return graded;
    }

    /** flow_grpo adds 0 for a wrong relation and then, if there are others to relate to, 1 in both cases; ours is 0 or 1. */
    private static void addRelation(Graded graded, boolean ok, boolean others) {
        if (!ok) {
            graded.parts.add(0.0);
        }
        if (others) {
            graded.parts.add(1.0);
        }
        graded.limited.add(ok ? 1.0 : 0.0);
    }

    private static int colored(Wanted wanted, List<SceneObject> objects) {
        return (int) objects.stream()
                .filter(object -> object.color() == wanted.color().orElseThrow())
                .count();
    }

    private static boolean placed(Wanted wanted, List<SceneObject> objects, List<SceneObject> others) {
        SceneRelation relation = wanted.place().orElseThrow().relation();
        return objects.stream()
                .allMatch(a ->
                        others.stream().allMatch(b -> relations(box(a), box(b)).contains(relation)));
    }

    private static double[] box(SceneObject object) {
        return new double[] {object.left(), object.top(), object.right(), object.bottom()};
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
            revised[i] = Math.signum(offset[i]) * Math.max(Math.abs(offset[i]) - 0.1 * sizes, 0);
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
