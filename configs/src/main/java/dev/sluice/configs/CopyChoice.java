package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.grpo.CopyRule;

/** How a copy of the policy follows it. */
public sealed interface CopyChoice {
    /** Returns the trainer's rule. */
    CopyRule rule();

    /**
     * After n updates min(slope·(n − start), most) of the copy is kept, and before {@code start} nothing.
     *
     * @param slope 0 for a copy that is always the policy itself
     * @param most the largest share that is kept
     * @param start updates before the ramp
     */
    @Variant("ramp")
    record Ramp(
            @Within(least = 0) double slope,
            @Within(least = 0, most = 1) double most,
            @Within(least = 0) int start) implements CopyChoice {
        @Override
        public CopyRule rule() {
            return new CopyRule.Ramp(slope, most, start);
        }
    }

    /**
     * The copy becomes the policy every so many updates.
     *
     * @param updates how many
     */
    @Variant("every")
    record Every(@Within(least = 1) int updates) implements CopyChoice {
        @Override
        public CopyRule rule() {
            return new CopyRule.Every(updates);
        }
    }
}
