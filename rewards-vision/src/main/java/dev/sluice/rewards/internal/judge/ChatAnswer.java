package dev.sluice.rewards.internal.judge;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * What a chat model answered.
 *
 * @param text its words; empty if it gave none
 * @param tokens the words in pieces with their probabilities; empty if the server gives none
 * @param cut whether it was stopped at the most tokens allowed
 */
record ChatAnswer(String text, List<Token> tokens, boolean cut) {
    /**
     * A piece of the answer.
     *
     * @param text the piece
     * @param choices what could have stood there, the piece itself among them
     */
    record Token(String text, List<Choice> choices) {}

    /**
     * What can stand at a place.
     *
     * @param text the piece
     * @param probability in [0, 1]
     */
    record Choice(String text, double probability) {}

    /**
     * Reads the first choice of an answer.
     *
     * @throws AnswerFault if it holds none, an error, or a refusal to answer
     */
    static ChatAnswer of(JsonNode body) {
        JsonNode error = body.path("error");
        if (!error.isMissingNode() && !error.isNull()) {
            throw new AnswerFault("the judge answers with an error: %s".formatted(ServerMessage.of(body)));
        }
        JsonNode choice = body.path("choices").path(0);
        if (!choice.path("message").isObject()) {
            throw new AnswerFault(
                    "the judge's answer has no choices[0].message: %s".formatted(AnswerFault.excerpt(body.toString())));
        }
        String refusal = string(choice.path("message").path("refusal"));
        String end = string(choice.path("finish_reason"));
        if (!refusal.isEmpty() || end.equals("content_filter")) {
            throw new AnswerFault("the judge refuses to answer: %s"
                    .formatted(refusal.isEmpty() ? "content_filter" : AnswerFault.excerpt(refusal)));
        }
        return new ChatAnswer(
                text(choice.path("message").path("content")),
                tokens(choice.path("logprobs").path("content")),
                end.equals("length"));
    }

    private static String string(JsonNode node) {
        return node.isString() ? node.asString() : "";
    }

    /** A text, or as some servers have it, a list of parts. */
    private static String text(JsonNode content) {
        if (!content.isArray()) {
            return string(content);
        }
        StringBuilder text = new StringBuilder();
        content.forEach(part -> text.append(string(part.path("text"))));
        return text.toString();
    }

    private static List<Token> tokens(JsonNode content) {
        List<Token> tokens = new ArrayList<>();
        for (JsonNode entry : content) {
            List<Choice> choices = new ArrayList<>();
            for (JsonNode other : entry.path("top_logprobs")) {
                choices.add(choice(other));
            }
            Choice own = choice(entry);
            if (choices.stream().noneMatch(other -> other.text.equals(own.text))) {
                choices.add(own);
            }
            tokens.add(new Token(own.text, choices));
        }
        return tokens;
    }

    private static Choice choice(JsonNode entry) {
        double logarithm = entry.path("logprob").asDouble(Double.NEGATIVE_INFINITY);
        // some servers round a certainty to a little more than it
        double probability = logarithm <= 0 ? Math.exp(logarithm) : logarithm < 1e-3 ? 1 : 0;
        return new Choice(string(entry.path("token")), probability);
    }

    /** Returns the pieces as one text. */
    String spoken() {
        StringBuilder spoken = new StringBuilder();
        tokens.forEach(token -> spoken.append(token.text));
        return spoken.toString();
    }

    /** Returns a fault that shows what was answered in place of something. */
    AnswerFault without(String what) {
        String shown = text.isBlank() ? "it is empty" : AnswerFault.excerpt(text);
        return new AnswerFault("the judge's answer has no %s: %s%s"
                .formatted(what, shown, cut ? "; it was cut off, maybe maxTokens should be higher" : ""));
    }
}
