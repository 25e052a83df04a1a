package dev.sluice.rewards;

import java.util.List;

/** Scores finished samples; higher is better. */
@FunctionalInterface
public interface Reward extends AutoCloseable {
    /**
     * Scores samples, of one prompt or of many. A bad sample gets a reason instead of a score and does not stop the others;
     * the result for a sample does not depend on its neighbours unless the reward says so.
     *
     * @return one entry for each sample, in order
     */
    Scores score(List<Sample> samples);

    @Override
    default void close() {}
}
