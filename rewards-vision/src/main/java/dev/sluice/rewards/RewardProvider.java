package dev.sluice.rewards;

import dev.sluice.flow.tensor.Suggestion;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Opens a reward by its name. A new reward is a class and a line in
 * {@code META-INF/services/dev.sluice.rewards.RewardProvider}.
 */
public interface RewardProvider {
    /** Returns the name that run files use, lower case. */
    String name();

    /** Returns a new reward; the caller closes it. */
    Reward open();

    /** Returns what can be said of the scores before there are any. */
    default RewardFacts facts() {
        return RewardFacts.UNKNOWN;
    }

    /** Returns what can be said of the scores with these options: the same, unless a provider knows better. */
    default RewardFacts facts(Map<String, Object> options) {
        return facts();
    }

    /** Returns what a list of rewards says of it. */
    default RewardCard card() {
        return RewardCard.NONE;
    }

    /** Returns the options of the reward and the values that each can have; an empty list allows every value. */
    default Map<String, List<String>> options() {
        return Map.of();
    }

    /**
     * Returns a new reward with options that {@link #open(Map)} has found to be known and allowed; the caller closes it.
     * A provider with options implements it.
     */
    default Reward openChecked(Map<String, Object> options) {
        return open();
    }

    /**
     * Returns a new reward with options; the caller closes it.
     *
     * @throws IllegalArgumentException if an option is unknown or has a value that it cannot have
     */
    default Reward open(Map<String, Object> options) {
        check(options);
        return openChecked(Map.copyOf(options));
    }

    /**
     * Refuses options that {@link #open(Map)} would refuse, and opens nothing.
     *
     * @throws IllegalArgumentException if an option is unknown or has a value that it cannot have
     */
    default void check(Map<String, Object> options) {
        for (Map.Entry<String, Object> option : new TreeMap<>(options).entrySet()) {
            List<String> values = options().get(option.getKey());
            if (values == null) {
                throw new IllegalArgumentException("The reward %s has no option %s; it has %s.%s"
                        .formatted(
                                name(),
                                option.getKey(),
                                options().isEmpty()
                                        ? "none"
                                        : String.join(
                                                ", ", new TreeSet<>(options().keySet())),
                                Suggestion.line(option.getKey(), options().keySet())));
            }
            if (!values.isEmpty() && !values.contains(String.valueOf(option.getValue()))) {
                throw new IllegalArgumentException("%s.%s (%s) must be one of %s."
                        .formatted(name(), option.getKey(), option.getValue(), String.join(", ", values)));
            }
        }
    }

    /** Returns the providers on the class path by name. */
    static SortedMap<String, RewardProvider> known() {
        SortedMap<String, RewardProvider> known = new TreeMap<>();
        ServiceLoader.load(RewardProvider.class).forEach(provider -> known.put(provider.name(), provider));
        return Collections.unmodifiableSortedMap(known);
    }

    /**
     * Returns a new reward of that name; the caller closes it.
     *
     * @throws IllegalArgumentException if no provider on the class path has that name
     */
    static Reward named(String name) {
        return provider(name).open();
    }

    /**
     * Returns a new reward of that name with options; the caller closes it.
     *
     * @throws IllegalArgumentException if no provider on the class path has that name, or an option is wrong
     */
    static Reward named(String name, Map<String, Object> options) {
        return provider(name).open(options);
    }

    /**
     * Returns the provider of that name.
     *
     * @throws IllegalArgumentException if no provider on the class path has that name
     */
    static RewardProvider provider(String name) {
        RewardProvider provider = known().get(name);
        if (provider == null) {
            throw new IllegalArgumentException("The reward (%s) is unknown; the class path has %s.%n%s"
                    .formatted(name, String.join(", ", known().keySet()), hint(name)));
        }
        return provider;
    }

    private static String hint(String name) {
        List<String> parts = List.of(name.split(","));
        if (parts.size() > 1 && known().keySet().containsAll(parts)) {
            return "Maybe write %s: rewards are parted by blanks.".formatted(String.join(" ", parts));
        }
        return Suggestion.nearest(name, known().keySet())
                .map("Maybe %s was meant."::formatted)
                .orElse("Maybe add the jar that provides it.");
    }
}
