package dev.sluice.rewards.internal.judge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Numbers on a scale, each after its label, as in "visual quality: 4". The last one of a label counts, because judges repeat the
 * scale before they use it. Emphasis of Markdown is read over, and so is what a model thinks before it answers. A number is never
 * guessed: one off the scale, a range and a number out of another total are none.
 *
 * @param labels what stands before the numbers, in any case
 * @param least the worst score
 * @param greatest the best score
 */
record LabelledNumbers(List<String> labels, double least, double greatest) {
    private static final String NUMBER = "(-?\\d+(?:\\.\\d+)?)(?![\\d%]|\\.\\d|\\s*(?:-|–|to\\b)\\s*\\d)";
    private static final String TOTAL = "(?:\\s*(?:/|out of)\\s*(\\d+(?:\\.\\d+)?))?";
    private static final Pattern ALONE = Pattern.compile("\\W*(\\d+)\\W*");
    private static final double LEAST_MASS = 0.2;

    /** Text without emphasis, and where each of its letters stood. */
    private record Plain(String text, int[] places) {
        static Plain of(String text) {
            int end = text.lastIndexOf("</think>");
            int from = end >= 0 ? end + "</think>".length() : text.contains("<think>") ? text.length() : 0;
            StringBuilder plain = new StringBuilder();
            int[] places = new int[text.length()];
            for (int i = from; i < text.length(); i++) {
                if ("*`\u200b".indexOf(text.charAt(i)) < 0) {
                    places[plain.length()] = i;
                    plain.append(text.charAt(i));
                }
            }
            return new Plain(plain.toString(), places);
        }
    }

    /** A number that was found, and where it stood in the text. */
    private record Found(double value, int place) {}

    private static Pattern pattern(String label) {
        boolean colon = label.endsWith(":");
        String words = colon ? label.substring(0, label.length() - 1) : label;
        String head =
                Arrays.stream(words.strip().split("\\s+")).map(Pattern::quote).collect(Collectors.joining("\\s+"));
        String middle = colon ? "\\s*(?:\\([^)\\n]{0,24}\\))?\\s*[:：]" : "";
        return Pattern.compile(head + middle + "[\\s\"'\\[(]*" + NUMBER + TOTAL, Pattern.CASE_INSENSITIVE);
    }

    private Found find(Plain plain, String label) {
        Matcher matcher = pattern(label).matcher(plain.text);
        Found found = null;
        String total = null;
        while (matcher.find()) {
            found = new Found(Double.parseDouble(matcher.group(1)), plain.places[matcher.start(1)]);
            total = matcher.group(2);
        }
        if (found == null) {
            return null;
        }
        if (!(found.value >= least && found.value <= greatest)
                || (total != null && Double.parseDouble(total) != greatest)) {
            throw new AnswerFault("the judge's score for \"%s\" (%s) is not in [%s, %s]"
                    .formatted(
                            label,
                            total == null ? text(found.value) : text(found.value) + " of " + total,
                            text(least),
                            text(greatest)));
        }
        return found;
    }

    private static String text(double number) {
        return number == Math.rint(number) ? String.valueOf((long) number) : String.valueOf(number);
    }

    private double share(double score) {
        return (score - least) / (greatest - least);
    }

    /**
     * Returns the scores that stand in an answer, from 0 for the worst to 1 for the best.
     *
     * @param chosen the only label whose number must be there, the others being NaN if it is not; or −1 for all
     * @throws AnswerFault if one is missing or off the scale
     */
    double[] read(ChatAnswer answer, int chosen) {
        Plain plain = Plain.of(answer.text());
        return each(chosen, label -> required(plain, label, answer).value);
    }

    /**
     * Returns the means of the scores under the probabilities of the token that each number is, Σ s·p(s)/Σ p(s), as shares.
     *
     * <p>Source: VideoScore2 (2025) weighs the likeliest score with its probability, which an unsure 5 makes worse than a sure 3;
     * hence the mean.
     *
     * @param chosen as in {@link #read}
     * @throws AnswerFault if a score is missing, or its tokens are no numbers of the scale
     */
    double[] expected(ChatAnswer answer, int chosen) {
        Plain plain = Plain.of(answer.spoken());
        return each(chosen, label -> mean(token(answer.tokens(), required(plain, label, answer).place), label));
    }

    private double[] each(int chosen, ToDoubleFunction<String> score) {
        double[] shares = new double[labels.size()];
        for (int i = 0; i < shares.length; i++) {
            try {
                shares[i] = share(score.applyAsDouble(labels.get(i)));
            } catch (AnswerFault e) {
                if (chosen < 0 || chosen == i) {
                    throw e;
                }
                shares[i] = Double.NaN;
            }
        }
        return shares;
    }

    private Found required(Plain plain, String label, ChatAnswer answer) {
        Found found = find(plain, label);
        if (found == null) {
            throw answer.without("\"%s\" with a number after it".formatted(label));
        }
        return found;
    }

    private static ChatAnswer.Token token(List<ChatAnswer.Token> tokens, int place) {
        int end = 0;
        for (ChatAnswer.Token token : tokens) {
            end += token.text().length();
            if (place < end) {
                return token;
            }
        }
        throw new IllegalStateException("place (%s) is beyond the tokens' %s letters".formatted(place, end));
    }

    private double mean(ChatAnswer.Token token, String label) {
        double mass = 0;
        double sum = 0;
        List<String> others = new ArrayList<>();
        for (ChatAnswer.Choice choice : token.choices()) {
            Matcher number = ALONE.matcher(choice.text());
            double value = number.matches() ? Double.parseDouble(number.group(1)) : Double.NaN;
            if (value >= least && value <= greatest) {
                mass += choice.probability();
                sum += choice.probability() * value;
            } else {
                others.add(choice.text());
            }
        }
        if (!(mass >= LEAST_MASS)) {
            throw new AnswerFault("the probabilities after \"%s\" are of no numbers but %s"
                    .formatted(label, AnswerFault.excerpt(others.toString())));
        }
        return sum / mass;
    }

    /** Returns what a judge that was not understood is told. */
    String reminder() {
        return labels.stream()
                .map(label -> "%s N".formatted(label))
                .collect(Collectors.joining(
                        "\n",
                        "Answer with the following and nothing else, each N being a number from %s to %s:\n"
                                .formatted(text(least), text(greatest)),
                        ""));
    }
}
