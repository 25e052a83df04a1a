package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.rewards.RewardArchitecture;

/** What makes a reward model's scores of what it sees. */
public sealed interface HeadChoice {
    /** Returns it. */
    RewardArchitecture.Head head();

    /** A weighted sum. */
    @Variant("linear")
    record Linear() implements HeadChoice {
        @Override
        public RewardArchitecture.Head head() {
            return new RewardArchitecture.Head.Linear();
        }
    }

    /**
     * Two layers.
     *
     * @param hidden width of the first
     */
    @Variant("two-layer")
    record TwoLayer(@Within(least = 1, most = 65_536) int hidden) implements HeadChoice {
        @Override
        public RewardArchitecture.Head head() {
            return new RewardArchitecture.Head.TwoLayer(hidden);
        }
    }

    /**
     * Experts with gates that read the prompt.
     *
     * @param hidden width of the shared layer and of the gates
     * @param experts of an aspect without criteria
     * @param temperature of the gates
     */
    @Variant("experts")
    record Experts(
            @Within(least = 1, most = 65_536) int hidden,
            @Within(least = 1, most = 1024) int experts,
            @Within(above = 0) double temperature)
            implements HeadChoice {
        @Override
        public RewardArchitecture.Head head() {
            return new RewardArchitecture.Head.Experts(hidden, experts, temperature);
        }
    }
}
