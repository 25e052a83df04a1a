package dev.sluice.rewards.internal.judge;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The two numbers of an answer such as {@code {"reasoning": "…", "score": [20, 15]}}.
 *
 * <p>Source: EditScore (2025), which puts 12.5 for what is off the scale; here it is a fault.
 *
 * @param first the first number
 * @param second the second number
 */
record NumberPair(double first, double second) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
            .enable(JsonReadFeature.ALLOW_SINGLE_QUOTES)
            .enable(JsonReadFeature.ALLOW_UNQUOTED_PROPERTY_NAMES)
            .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
            .build();
    private static final Pattern LIST =
            Pattern.compile("\\[\\s*(-?\\d+(?:\\.\\d+)?)\\s*,\\s*(-?\\d+(?:\\.\\d+)?)\\s*]");

    double least() {
        return Math.min(first, second);
    }

    /**
     * Reads the JSON object of an answer, or where that is broken, the last list of two numbers.
     *
     * @throws AnswerFault if there is neither, or a number is not in [0, greatest]
     */
    static NumberPair of(ChatAnswer answer, double greatest) {
        NumberPair pair = json(answer.text());
        if (pair == null) {
            Matcher matcher = LIST.matcher(answer.text());
            while (matcher.find()) {
                pair = new NumberPair(Double.parseDouble(matcher.group(1)), Double.parseDouble(matcher.group(2)));
            }
        }
        if (pair == null) {
            throw answer.without("\"score\": [a, b]");
        }
        if (!(pair.least() >= 0 && Math.max(pair.first, pair.second) <= greatest)) {
            throw new AnswerFault(
                    "the judge's scores [%s, %s] are not in [0, %s]".formatted(pair.first, pair.second, greatest));
        }
        return pair;
    }

    private static NumberPair json(String text) {
        int from = text.indexOf('{', text.lastIndexOf("</think>") + 1);
        int to = text.lastIndexOf('}');
        if (from < 0 || to < from) {
            return null;
        }
        try {
            JsonNode score = JSON.readTree(text.substring(from, to + 1)).path("score");
            return score.size() == 2
                            && score.path(0).isNumber()
                            && score.path(1).isNumber()
                    ? new NumberPair(score.path(0).doubleValue(), score.path(1).doubleValue())
                    : null;
        } catch (JacksonException e) {
            return null;
        }
    }
}
