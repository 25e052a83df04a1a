package dev.sluice.grpo;

import dev.sluice.flow.tensor.NoiseSource;
import java.util.List;

/** An iteration's samples as something to learn from, in units that the updates share out among each other. */
interface Course {
    /** Returns the number of units; 0 if there is nothing to learn. */
    int units();

    /** Returns the seconds that it took to choose and arrange the samples, without any network. */
    default double arrangedSeconds() {
        return 0;
    }

    /**
     * Returns what an update accumulates; their gradients add up to that of the mean loss over the units.
     *
     * @param units numbers of the update's units, in its order
     * @param random decides where there is something to decide
     */
    List<Portion> portions(int[] units, NoiseSource random);
}
