package dev.sluice.rewards.internal.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an answer says of the first of two: 1 if it is better, 0 if it is worse, between if neither. */
final class PairVerdict {
    private static final Pattern TAG = Pattern.compile("<answer>(.*?)</answer>", Pattern.DOTALL);
    private static final Pattern NUMBERS = Pattern.compile(
            "(?:Image|Video|Number) 1\\W*?[:：]\\W*?([01](?:\\.\\d+)?)(?!\\d).{0,80}?"
                    + "(?:Image|Video|Number) 2\\W*?[:：]\\W*?([01](?:\\.\\d+)?)(?!\\d)",
            Pattern.DOTALL | Pattern.CASE_INSENSITIVE);
    private static final double SLACK = 0.051;

    private PairVerdict() {}

    /** Reads the last {@code <answer>}: "1 is better", "2 is better" or "tie". Source: UnifiedReward-Think. */
    static double tag(ChatAnswer answer) {
        Matcher matcher = TAG.matcher(answer.text());
        String last = "";
        while (matcher.find()) {
            last = matcher.group(1).toLowerCase(Locale.ROOT);
        }
        boolean first = last.contains("1 is better");
        boolean second = last.contains("2 is better");
        boolean tie = last.contains("tie") || last.contains("equal");
        if ((first ? 1 : 0) + (second ? 1 : 0) + (tie ? 1 : 0) != 1) {
            throw answer.without("<answer> that says 1 is better, 2 is better or tie");
        }
        return first ? 1 : second ? 0 : 0.5;
    }

    /** Reads "Image 1: 0.7, Image 2: 0.3" for each aspect and returns the mean. Source: UnifiedReward-2.0. */
    static double numbers(ChatAnswer answer) {
        Matcher matcher = NUMBERS.matcher(answer.text());
        List<Double> firsts = new ArrayList<>();
        while (matcher.find()) {
            double first = Double.parseDouble(matcher.group(1));
            double second = Double.parseDouble(matcher.group(2));
            if (!(first <= 1 && second <= 1 && Math.abs(first + second - 1) <= SLACK)) {
                throw new AnswerFault("the judge's numbers %s and %s do not sum to 1".formatted(first, second));
            }
            firsts.add(first / (first + second));
        }
        if (firsts.isEmpty()) {
            throw answer.without("Image 1: a, Image 2: b with numbers in [0, 1]");
        }
        return Passes.mean(firsts, first -> first);
    }
}
