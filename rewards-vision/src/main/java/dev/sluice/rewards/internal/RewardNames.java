package dev.sluice.rewards.internal;

import java.util.Collection;
import java.util.Comparator;

/** Guesses what a misspelt name was meant to be. */
public final class RewardNames {
    private static final int MOST_EDITS = 3;

    private RewardNames() {}

    /** Returns a sentence on a new line that proposes the nearest known name, or nothing if none is near. */
    public static String nearest(String name, Collection<String> known) {
        return known.stream()
                .min(Comparator.comparingInt((String k) -> edits(name, k)).thenComparing(Comparator.naturalOrder()))
                .filter(k -> edits(name, k) <= Math.min(MOST_EDITS, name.length() - 1))
                .map("\nMaybe %s was meant."::formatted)
                .orElse("");
    }

    /** Returns the edit distance (Levenshtein, 1966). */
    static int edits(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
