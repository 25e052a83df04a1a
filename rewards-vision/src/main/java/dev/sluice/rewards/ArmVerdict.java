package dev.sluice.rewards;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Whether the arm could do what a video shows, and whether it shows what the prompt asks for.
 *
 * @param executable whether every frame shows the arm, it moves, no joint leaves its range or is faster, quicker or rougher than it
 *     can be (with a little allowance for pixels), and the arm does not touch itself. The score of evaluation
 * @param graded the same as a degree, in [0, 1]: 1/(1 + {@link MotionCost#total}) of the joints as read, times the motion gate; frames
 *     that do not show the arm or where it touches itself count as infeasible
 * @param visual in [0, 1]: the mean of how much the frames look like the arm and how nearly the hand ends where the prompt says
 * @param arrived whether the hand ends where the prompt says
 * @param reading the joints
 * @param faults why it is not executable, with a sentence each; empty if and only if {@code executable}
 */
public record ArmVerdict(
        boolean executable,
        double graded,
        double visual,
        boolean arrived,
        ArmReading reading,
        SortedMap<ArmFault, String> faults) {
    /** Copies the map. */
    public ArmVerdict {
        faults = Collections.unmodifiableSortedMap(new TreeMap<>(faults));
    }

    /** Returns one line for people. */
    public String explanation() {
        return (faults.isEmpty() ? "executable" : String.join("; ", faults.values()))
                + (arrived ? ". Ends where the prompt says." : ". Ends elsewhere.");
    }
}
