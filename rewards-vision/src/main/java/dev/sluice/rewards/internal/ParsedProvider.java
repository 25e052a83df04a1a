package dev.sluice.rewards.internal;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import java.util.Map;
import java.util.function.Supplier;

/** A provider whose options have rules of their own, such as the range of a number: they are read once, for check and opening. */
public interface ParsedProvider extends RewardProvider {
    /**
     * Reads options whose names are known and opens nothing yet.
     *
     * @return what opens the reward
     * @throws IllegalArgumentException if a value is not allowed
     */
    Supplier<Reward> prepare(RewardOptions options);

    @Override
    default void check(Map<String, Object> options) {
        RewardProvider.super.check(options);
        prepare(new RewardOptions(name(), options));
    }

    @Override
    default Reward open() {
        return openChecked(Map.of());
    }

    @Override
    default Reward openChecked(Map<String, Object> options) {
        return prepare(new RewardOptions(name(), options)).get();
    }
}
