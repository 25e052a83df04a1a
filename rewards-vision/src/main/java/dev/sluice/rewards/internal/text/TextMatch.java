package dev.sluice.rewards.internal.text;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How well what was read is what should stand there, in [0, 1]; compared by code points. */
final class TextMatch {
    private static final Pattern QUOTED =
            Pattern.compile("\"([^\"]+)\"|[\u201c\u201d\u201e]([^\u201c\u201d\u201e]+)[\u201c\u201d]");

    private TextMatch() {}

    /** Returns what a prompt quotes, in straight or curly double quotes, with something other than blanks in it. */
    static List<String> quoted(String prompt) {
        List<String> parts = new ArrayList<>();
        Matcher matcher = QUOTED.matcher(prompt);
        while (matcher.find()) {
            String part = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
            if (!plain(part).isEmpty()) {
                parts.add(part);
            }
        }
        return parts;
    }

    /** Returns a text in lower case and compatible characters, without any blanks. */
    static String plain(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFKC)
                .replaceAll("[\\s\\p{Z}]+", "")
                .toLowerCase(Locale.ROOT);
    }

    /**
     * Returns 1 − d/|target|, where d is 0 if the target is a part of what was read, else the edit distance of both, at most
     * |target|: all that was read too much costs.
     *
     * <p>Source: flow_grpo, {@code ocr.py}.
     */
    static double whole(String read, String target) {
        String found = read.replace(" ", "").toLowerCase(Locale.ROOT);
        String wanted = target.replace(" ", "").toLowerCase(Locale.ROOT);
        int length = wanted.codePointCount(0, wanted.length());
        if (length == 0) {
            throw new IllegalArgumentException("the quoted text is empty");
        }
        int distance = found.contains(wanted) ? 0 : distance(points(found), points(wanted), false);
        return 1 - (double) Math.min(distance, length) / length;
    }

    /** Returns 1 − d/|target|, where d is the least edit distance of the target to any part of what was read. */
    static double part(String read, String target) {
        int[] wanted = points(plain(target));
        return 1 - (double) distance(points(plain(read)), wanted, true) / wanted.length;
    }

    /** Returns what is taken off for reading far more than was wanted: (|read| − 3·|target|)/(|read| + 1), at least 0. */
    static double excess(String read, String target) {
        int length = points(plain(read)).length;
        return Math.max(0, length - 3.0 * points(plain(target)).length) / (length + 1);
    }

    private static int[] points(String text) {
        return text.codePoints().toArray();
    }

    /** The edit distance of Levenshtein (1966), or, of the target to any part of the text, that of Sellers (1980). */
    private static int distance(int[] text, int[] target, boolean anywhere) {
        int[] column = new int[target.length + 1];
        for (int i = 0; i <= target.length; i++) {
            column[i] = i;
        }
        int best = column[target.length];
        for (int j = 1; j <= text.length; j++) {
            int diagonal = column[0];
            column[0] = anywhere ? 0 : j;
            for (int i = 1; i <= target.length; i++) {
                int change = diagonal + (text[j - 1] == target[i - 1] ? 0 : 1);
                diagonal = column[i];
                column[i] = Math.min(change, Math.min(column[i], column[i - 1]) + 1);
            }
            best = Math.min(best, column[target.length]);
        }
        return anywhere ? best : column[target.length];
    }
}
