package dev.sluice.rewards;

import java.util.ServiceLoader;
import java.util.TreeMap;

/**
 * Opens a reward by its name. A new reward is a class and a line in
 * {@code META-INF/services/dev.sluice.rewards.RewardProvider}.
 */
public interface RewardProvider {
    /** Returns the name that run files use, lower case. */
    String name();

    /** Returns a new reward; the caller closes it. */
    Reward open();

    /**
     * Returns a new reward of that name; the caller closes it.
     *
     * @throws IllegalArgumentException if no provider on the class path has that name
     */
    static Reward named(String name) {
        TreeMap<String, RewardProvider> known = new TreeMap<>();
        ServiceLoader.load(RewardProvider.class).forEach(provider -> known.put(provider.name(), provider));
        RewardProvider provider = known.get(name);
        if (provider == null) {
            throw new IllegalArgumentException(
                    "The reward (%s) is unknown; the class path has %s.%nMaybe add the jar that provides it."
                            .formatted(name, String.join(", ", known.keySet())));
        }
        return provider.open();
    }
}
