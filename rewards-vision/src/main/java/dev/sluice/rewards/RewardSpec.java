package dev.sluice.rewards;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A reward by its name with its options, as a command line writes it: {@code scenes:mode=official}.
 *
 * @param name what the class path has it under
 * @param options by name; a command line gives texts
 */
public record RewardSpec(String name, Map<String, Object> options) {
    /** Keeps the order of the options, which is that of the text. */
    public RewardSpec {
        options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    }

    /**
     * Reads {@code NAME} or {@code NAME:OPTION=VALUE,...}. A value may have commas, each written twice.
     *
     * @throws IllegalArgumentException if the text is neither; whether there is such a reward is not asked
     */
    public static RewardSpec parse(String text) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        Map<String, Object> options = new LinkedHashMap<>();
        if (colon >= 0) {
            for (String option : text.substring(colon + 1).split("(?<!,),(?!,)", -1)) {
                String[] parts = option.split("=", 2);
                if (parts.length < 2 || parts[0].isBlank()) {
                    throw wrong(text);
                }
                options.put(parts[0].strip(), parts[1].strip().replace(",,", ","));
            }
        }
        if (name.isBlank()) {
            throw wrong(text);
        }
        return new RewardSpec(name.strip(), options);
    }

    private static IllegalArgumentException wrong(String text) {
        return new IllegalArgumentException(
                "The reward (%s) must be a name, or a name with options as in scenes:mode=official.".formatted(text));
    }

    /**
     * Returns this with values for options that the reward has and that are not given; others are left out.
     *
     * @throws IllegalArgumentException if no provider on the class path has the name
     */
    public RewardSpec withDefaults(Map<String, Object> defaults) {
        Map<String, Object> all = new LinkedHashMap<>(options);
        defaults.forEach((option, value) -> {
            if (provider().options().containsKey(option)) {
                all.putIfAbsent(option, value);
            }
        });
        return new RewardSpec(name, all);
    }

    /**
     * Returns the provider.
     *
     * @throws IllegalArgumentException if no provider on the class path has the name
     */
    public RewardProvider provider() {
        return RewardProvider.provider(name);
    }

    /**
     * Returns what can be said of the scores with these options.
     *
     * @throws IllegalArgumentException if no provider on the class path has the name
     */
    public RewardFacts facts() {
        return provider().facts(options);
    }

    /**
     * Returns a new reward; the caller closes it.
     *
     * @throws IllegalArgumentException if there is no such reward, or an option is wrong
     */
    public Reward open() {
        return provider().open(options);
    }

    @Override
    public String toString() {
        if (options.isEmpty()) {
            return name;
        }
        return options.entrySet().stream()
                .map(option -> option.getKey() + "="
                        + String.valueOf(option.getValue()).replace(",", ",,"))
                .collect(Collectors.joining(",", name + ":", ""));
    }
}
