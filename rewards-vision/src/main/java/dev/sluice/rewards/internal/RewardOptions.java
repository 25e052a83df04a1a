package dev.sluice.rewards.internal;

import java.util.Map;
import java.util.Optional;

/**
 * Options of a reward, which run files give as texts.
 *
 * @param reward the name in messages
 * @param values what was given
 */
public record RewardOptions(String reward, Map<String, Object> values) {
    /** Returns a word, or what it is if it was not given. */
    public String word(String key, String standard) {
        return String.valueOf(values.getOrDefault(key, standard));
    }

    /** Returns whether the option was given. */
    public boolean has(String key) {
        return values.containsKey(key);
    }

    /** Returns a text, if it was given. */
    public Optional<String> text(String key) {
        return Optional.ofNullable(values.get(key)).map(String::valueOf);
    }

    /**
     * Returns a number, or what it is if it was not given.
     *
     * @throws IllegalArgumentException if it is no number, or out of range
     */
    public double number(String key, double standard, double least, double most) {
        Object value = values.get(key);
        if (value == null) {
            return standard;
        }
        try {
            double number = Double.parseDouble(String.valueOf(value).strip());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw wrong(key, value, "a number" + range(text(least), text(most)));
    }

    /**
     * Returns a whole number, or what it is if it was not given.
     *
     * @throws IllegalArgumentException if it is no whole number, or out of range
     */
    public int whole(String key, int standard, int least, int most) {
        Object value = values.get(key);
        if (value == null) {
            return standard;
        }
        try {
            int number = Integer.parseInt(String.valueOf(value).strip());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw wrong(key, value, "a whole number" + range(String.valueOf(least), String.valueOf(most)));
    }

    private IllegalArgumentException wrong(String key, Object value, String rule) {
        return new IllegalArgumentException("%s.%s (%s) must be %s.".formatted(reward, key, value, rule));
    }

    private static String text(double bound) {
        return bound == Math.rint(bound) && Math.abs(bound) < 1e15
                ? String.valueOf((long) bound)
                : String.valueOf(bound);
    }

    private static String range(String least, String most) {
        String low = least.endsWith("Infinity") ? "" : " of at least " + least;
        String high = most.endsWith("Infinity") || most.equals(String.valueOf(Integer.MAX_VALUE))
                ? ""
                : (low.isEmpty() ? " of" : " and") + " at most " + most;
        return low + high;
    }
}
