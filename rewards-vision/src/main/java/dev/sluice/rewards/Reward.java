package dev.sluice.rewards;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Scores finished samples; higher is better. */
@FunctionalInterface
public interface Reward extends AutoCloseable {
    /**
     * Scores samples, of one prompt or of many. A bad sample gets a reason instead of a score and does not stop the others;
     * the result for a sample does not depend on its neighbours unless the reward says so.
     *
     * @return one entry for each sample, in order
     * @throws RewardUnavailable if it can score nothing at present, such as when a server that it asks cannot be reached
     */
    Scores score(List<Sample> samples);

    @Override
    default void close() {}

    /**
     * Returns a reward that scores every sample by itself.
     *
     * @param score what a sample earns; its message is the reason where it throws an {@link IllegalArgumentException}
     */
    static Reward each(ToDoubleFunction<Sample> score) {
        return samples -> {
            double[] values = new double[samples.size()];
            Map<Integer, String> reasons = new LinkedHashMap<>();
            for (int i = 0; i < values.length; i++) {
                try {
                    values[i] = score.applyAsDouble(samples.get(i));
                } catch (IllegalArgumentException e) {
                    values[i] = Double.NaN;
                    reasons.put(i, String.valueOf(e.getMessage()));
                }
            }
            return new Scores(values, reasons);
        };
    }
}
