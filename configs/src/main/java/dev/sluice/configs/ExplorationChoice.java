package dev.sluice.configs;

import dev.sluice.configs.internal.Within;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.SdeRule;
import java.util.Objects;
import java.util.Optional;
import java.util.function.DoubleFunction;

/**
 * Which steps of a rollout are stochastic, and how.
 *
 * @param rule the stochastic step
 * @param noise its level: a of Flow-GRPO and CPS, η of Dance and DDIM; {@code wan} has none and ignores it
 * @param window a window of steps; all steps but the last if left out
 */
public record ExplorationChoice(
        Rule rule, @Within(above = 0, most = 10) double noise, Optional<Window> window) {
    /** The stochastic steps by their names in run files. */
    public enum Rule {
        /** Flow-GRPO's SDE. */
        FLOW_SDE(SdeRule.FlowGrpo::new),
        /** DanceGRPO's SDE. */
        DANCE(SdeRule.Dance::new),
        /** Flow-GRPO's SDE for Wan. */
        WAN(noise -> new SdeRule.Wan()),
        /** Coefficient-preserving steps of Flow-CPS. */
        CPS(SdeRule.Cps::new),
        /** DDIM with η. */
        DDIM(SdeRule.Ddim::new);

        @SuppressWarnings("ImmutableEnumChecker") // constructors have no state
        private final DoubleFunction<SdeRule> rule;

        Rule(DoubleFunction<SdeRule> rule) {
            this.rule = rule;
        }
    }

    /**
     * A window of stochastic steps that starts anywhere with its whole length in [from, to).
     *
     * @param size steps in it
     * @param from first step it may hold, counted from 0
     * @param to one past the last step it may hold; at most steps − 1
     */
    public record Window(
            @Within(least = 1) int size,
            @Within(least = 0) int from,
            @Within(least = 1) int to) {
        public Window {
            new ExplorationSchedule.RandomWindow(size, from, to);
        }
    }

    public ExplorationChoice {
        // The rules know their ranges; the value is made again when it is asked for.
        Objects.requireNonNull(rule.rule.apply(noise));
    }

    /** Returns the stochastic step. */
    public SdeRule sdeRule() {
        return rule.rule.apply(noise);
    }

    /**
     * Returns which steps are stochastic.
     *
     * @param steps of the grid
     * @throws IllegalArgumentException if the window does not fit
     */
    public ExplorationSchedule steps(int steps) {
        if (window.isEmpty()) {
            return new ExplorationSchedule.AllButLast();
        }
        Window chosen = window.get();
        if (chosen.to() > steps - 1) {
            throw new IllegalArgumentException(
                    "exploration.window.to (%s) must be at most %s, because the last of %s steps is not trained."
                            .formatted(chosen.to(), steps - 1, steps));
        }
        return new ExplorationSchedule.RandomWindow(chosen.size(), chosen.from(), chosen.to());
    }
}
