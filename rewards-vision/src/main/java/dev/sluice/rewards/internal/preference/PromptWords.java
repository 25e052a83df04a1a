package dev.sluice.rewards.internal.preference;

import java.util.Locale;

/** Which words and pairs of neighbouring words a prompt has, counted in bins that their letters choose. */
final class PromptWords {
    /** How many bins there are. */
    static final int SIZE = 512;

    private PromptWords() {}

    /** Returns a vector of length 1; zeros if the prompt has no word. */
    static float[] counts(String prompt) {
        float[] counts = new float[SIZE];
        String before = "";
        for (String word : prompt.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+")) {
            if (!word.isEmpty()) {
                counts[bin(word)]++;
                counts[bin(before + " " + word)]++;
                before = word;
            }
        }
        double squares = 0;
        for (float count : counts) {
            squares += (double) count * count;
        }
        for (int i = 0; i < SIZE && squares > 0; i++) {
            counts[i] /= (float) Math.sqrt(squares);
        }
        return counts;
    }

    /** FNV-1a, its bits mixed once more. */
    private static int bin(String text) {
        long hash = 0xCBF29CE484222325L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001B3L;
        }
        hash = (hash ^ hash >>> 33) * 0xFF51AFD7ED558CCDL;
        return (int) Long.remainderUnsigned(hash ^ hash >>> 33, SIZE);
    }
}
