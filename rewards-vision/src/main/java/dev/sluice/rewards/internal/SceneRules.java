package dev.sluice.rewards.internal;

import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.SceneDetection;
import dev.sluice.rewards.SceneObject;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.SceneVerdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link GenEval}'s rules on what the scenes verifier detects, with its colours and boxes, and what is more than was asked for. */
public final class SceneRules {
    private SceneRules() {}

    /** Returns the verdict on a picture in which {@code found} was found. */
    public static SceneVerdict judge(ScenePrompt prompt, List<SceneDetection> found) {
        List<GenEval.Found> objects = found.stream()
                .map(SceneDetection::object)
                .flatMap(Optional::stream)
                .map(SceneRules::found)
                .toList();
        GenEval verdict = GenEval.of(wanted(prompt.include()), wanted(prompt.exclude()), objects);
        long extra = found.stream()
                .filter(d -> d.object().isEmpty()
                        || prompt.include().stream()
                                .noneMatch(w -> w.shape() == d.object().get().shape()))
                .count();
        List<String> faults = new ArrayList<>(verdict.faults());
        if (extra > 0) {
            faults.add("%s more than was asked for".formatted(extra));
        }
        double precision = prompt.objects() / (double) (prompt.objects() + extra);
        return new SceneVerdict(
                verdict.official() && faults.isEmpty(),
                verdict.official(),
                verdict.graded01() * precision,
                verdict.graded01(),
                verdict.graded(),
                found,
                faults);
    }

    private static GenEval.Found found(SceneObject object) {
        double[] edges = {object.left(), object.top(), object.right(), object.bottom()};
        return new GenEval.Found(object.shape().word(), object.color().word(), edges);
    }

    private static List<GenEval.Wanted> wanted(List<ScenePrompt.Wanted> list) {
        return list.stream()
                .map(one -> new GenEval.Wanted(
                        one.shape().word(),
                        one.count(),
                        one.color().map(SceneColor::word),
                        one.place().map(ScenePrompt.Place::relation),
                        one.place().map(ScenePrompt.Place::target).orElse(-1)))
                .toList();
    }
}
