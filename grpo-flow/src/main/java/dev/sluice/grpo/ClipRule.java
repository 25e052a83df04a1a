package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;

/**
 * How far the importance ratio may move before a sample stops teaching: to [1 − below, 1 + above].
 *
 * @param below in [0, 1]
 * @param above at least 0; infinite for none
 */
public record ClipRule(double below, double above) {
    public ClipRule {
        Require.within("below", below, 0, 1);
        Require.within("above", above, 0, Double.POSITIVE_INFINITY);
    }

    /** Returns the rule with one range on both sides. */
    public static ClipRule symmetric(double range) {
        return new ClipRule(range, range);
    }

    /** Returns the rule that never clips. */
    public static ClipRule none() {
        return new ClipRule(1, Double.POSITIVE_INFINITY);
    }

    double clip(double ratio) {
        return Math.min(Math.max(ratio, 1 - below), 1 + above);
    }
}
