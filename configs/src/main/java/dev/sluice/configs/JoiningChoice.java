package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.rewards.Joining;

/** How the rewards of a run become one where their weighted sum is not what is wanted. */
public sealed interface JoiningChoice {
    /** Returns the rule. */
    Joining joining();

    /** What is made of an ensemble, by its name in run files. */
    enum By {
        /** The mean. */
        MEAN(Joining.By.MEAN),
        /** The middle one. */
        MEDIAN(Joining.By.MEDIAN),
        /** The worst case. */
        LEAST(Joining.By.LEAST),
        /** The mean less the deviation. */
        DEVIATION(Joining.By.DEVIATION),
        /** The mean less the variance. */
        VARIANCE(Joining.By.VARIANCE);

        private final Joining.By by;

        By(Joining.By by) {
            this.by = by;
        }
    }

    /**
     * Several judges of the same thing.
     *
     * @param by what is made of their scores
     * @param penalty what deviation or variance is multiplied by
     */
    @Variant("ensemble")
    record Ensemble(By by, @Within(least = 0) double penalty) implements JoiningChoice {
        @Override
        public Joining joining() {
            return new Joining.Ensemble(by.by, penalty);
        }
    }

    /**
     * One reward that must be earned, and others that add to it.
     *
     * @param base the label of the reward that must be earned
     * @param share what it earns without any bonus
     */
    @Variant("base-and-bonus")
    record BaseAndBonus(
            String base, @Within(least = 0, most = 1) double share) implements JoiningChoice {
        @Override
        public Joining joining() {
            return new Joining.BaseAndBonus(base, share);
        }
    }
}
