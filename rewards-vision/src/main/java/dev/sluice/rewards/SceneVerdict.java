package dev.sluice.rewards;

import java.util.List;
import java.util.stream.Collectors;

/**
 * How a picture obeys a prompt of the scenes world, by several rules, and why.
 *
 * @param strict whether everything is right and nothing else is there: {@code official}, exact counts of every class, and no
 *     other object or patch. The score of evaluation
 * @param official GenEval's own verdict, which forgives extra objects but those that the prompt excludes
 * @param graded the reward of training, in [0, 1]: {@code graded01} times wanted / (wanted + extra), where extra is the
 *     number of patches that are no object of a class in the prompt. Without the factor a picture with one object of each
 *     shape would have the full reward for most prompts
 * @param graded01 the mean of what each requirement earns, each limited to [0, 1], a relation all or nothing
 * @param flowGrpo flow_grpo's {@code score}, for comparison: not limited below, and a wrong relation earns half
 * @param found what was found in the picture
 * @param faults what is wrong, one sentence each; empty if and only if {@code strict}
 */
public record SceneVerdict(
        boolean strict,
        boolean official,
        double graded,
        double graded01,
        double flowGrpo,
        List<SceneDetection> found,
        List<String> faults) {
    /** Copies the lists. */
    public SceneVerdict {
        found = List.copyOf(found);
        faults = List.copyOf(faults);
    }

    /** Returns one line for people: what is wrong, and what was found. */
    public String explanation() {
        String seen = found.isEmpty()
                ? "nothing"
                : found.stream().map(SceneDetection::describe).collect(Collectors.joining("; "));
        return (faults.isEmpty() ? "right" : String.join("; ", faults)) + ". Found: " + seen + ".";
    }
}
