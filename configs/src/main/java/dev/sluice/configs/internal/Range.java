package dev.sluice.configs.internal;

import java.util.ArrayList;
import java.util.List;

/** Says whether a number is in the range of {@link Within}, and the range in words. */
final class Range {
    private Range() {}

    static boolean contains(Within within, double value) {
        if (!Double.isFinite(value)) {
            return false;
        }
        return within == null
                || (value >= within.least()
                        && value > within.above()
                        && value <= within.most()
                        && value < within.below());
    }

    static String described(Within within) {
        List<String> rules = new ArrayList<>();
        if (within != null) {
            add(rules, "at least ", within.least());
            add(rules, "above ", within.above());
            add(rules, "at most ", within.most());
            add(rules, "below ", within.below());
        }
        return rules.isEmpty() ? "a finite number" : String.join(" and ", rules);
    }

    private static void add(List<String> rules, String words, double bound) {
        if (Double.isFinite(bound)) {
            rules.add(words + (bound == Math.rint(bound) ? String.valueOf((long) bound) : String.valueOf(bound)));
        }
    }
}
