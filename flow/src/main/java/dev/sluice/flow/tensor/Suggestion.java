package dev.sluice.flow.tensor;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds the name that was probably meant.
 *
 * <p>Source: the distance of Damerau (1964), in its form that edits no part of a word twice.
 */
public final class Suggestion {
    private Suggestion() {}

    /** Returns the known name nearest to a wrong one, if it is near: up to a third of the letters may differ. */
    public static Optional<String> nearest(String wrong, Collection<String> known) {
        int allowed = Math.max(1, Math.max(wrong.length(), 3) / 3);
        return known.stream()
                .min(Comparator.comparingInt((String name) -> distance(wrong, name))
                        .thenComparing(Comparator.naturalOrder()))
                .filter(name -> distance(wrong, name) <= allowed);
    }

    /** Returns a sentence on a line of its own that proposes the nearest known name, or nothing if none is near. */
    public static String line(String wrong, Collection<String> known) {
        return nearest(wrong, known).map("\nMaybe %s was meant."::formatted).orElse("");
    }

    /** Returns the least number of insertions, deletions, replacements and swaps of neighbours, ignoring case. */
    static int distance(String left, String right) {
        String a = left.toLowerCase(Locale.ROOT);
        String b = right.toLowerCase(Locale.ROOT);
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                cost[i][j] = i == 0 ? j : j == 0 ? i : step(cost, a, b, i, j);
            }
        }
        return cost[a.length()][b.length()];
    }

    private static int step(int[][] cost, String a, String b, int i, int j) {
        int replaced = cost[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        int least = Math.min(replaced, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
        if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
            least = Math.min(least, cost[i - 2][j - 2] + 1);
        }
        return least;
    }
}
