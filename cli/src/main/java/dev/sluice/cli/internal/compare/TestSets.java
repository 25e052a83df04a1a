package dev.sluice.cli.internal.compare;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Holds runs to one test: scores of other prompts, other seeds or another judge cannot be set side by side. */
public final class TestSets {
    private TestSets() {}

    /**
     * Refuses runs that are tested differently. How the pictures are made (steps, solver, guidance) may differ: that is part
     * of what is compared.
     *
     * @param configs the runs' resolved options, by what a message calls the runs
     * @throws IllegalArgumentException naming two of the runs and what differs
     */
    public static void requireOne(Map<String, Map<String, Object>> configs) {
        String first = configs.keySet().iterator().next();
        Map<String, Object> expected = of(configs.get(first));
        configs.forEach((name, config) -> {
            Map<String, Object> other = of(config);
            expected.forEach((key, value) -> {
                if (!value.equals(other.get(key))) {
                    throw new IllegalArgumentException(
                            "%s and %s are tested differently: %s is %s there and %s here; scores of different tests cannot be compared."
                                    .formatted(first, name, key, value, other.get(key)));
                }
            });
        });
    }

    /** Returns what a resolved run file says of the test. */
    private static Map<String, Object> of(Map<String, Object> config) {
        Map<?, ?> prompts = group(config, "prompts");
        Map<?, ?> evaluation = group(config, "evaluation");
        Map<String, Object> test = new LinkedHashMap<>();
        test.put("prompts.test", text(prompts.get("test")));
        Object own = evaluation.get("rewards");
        test.put(
                "evaluation.rewards",
                text(own instanceof List<?> list && !list.isEmpty() ? own : config.get("rewards")));
        for (String key : List.of("prompts", "samplesPerPrompt", "firstSeed")) {
            test.put("evaluation." + key, text(evaluation.get(key)));
        }
        return test;
    }

    private static Map<?, ?> group(Map<String, Object> config, String key) {
        return config.get(key) instanceof Map<?, ?> group ? group : Map.of();
    }

    private static String text(Object value) {
        return String.valueOf(value);
    }
}
