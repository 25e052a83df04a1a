package dev.sluice.cli.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The seeds that an option names: numbers and ranges, both ends included, such as {@code 1..8,20}. */
public final class Seeds {
    /** More than anybody looks at; a longer range is a slip of the hand. */
    public static final int MOST = 100_000;

    private static final Pattern PART = Pattern.compile("(-?\\d{1,18})(?:\\.\\.(-?\\d{1,18}))?");

    private Seeds() {}

    /**
     * Returns the seeds in their order.
     *
     * @throws IllegalArgumentException if the text is no list of seeds, or names one twice
     */
    public static List<Long> parse(String text) {
        List<Long> seeds = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Matcher match = PART.matcher(part.strip());
            if (!match.matches()) {
                throw new IllegalArgumentException(
                        "--seeds (%s) must be whole numbers and ranges such as 1..8 or 1,5,20..24.".formatted(text));
            }
            long first = Long.parseLong(match.group(1));
            long last = match.group(2) == null ? first : Long.parseLong(match.group(2));
            if (last < first) {
                throw new IllegalArgumentException(
                        "--seeds (%s) must name ranges from the smaller to the larger seed.".formatted(text));
            }
            if (last - first >= MOST - seeds.size()) {
                throw new IllegalArgumentException("--seeds (%s) must name at most %s seeds.".formatted(text, MOST));
            }
            for (long seed = first; seed <= last; seed++) {
                seeds.add(seed);
            }
        }
        if (seeds.stream().distinct().count() < seeds.size()) {
            throw new IllegalArgumentException("--seeds (%s) must name every seed once.".formatted(text));
        }
        return seeds;
    }
}
