package dev.sluice.rewards.internal.judge;

import dev.sluice.rewards.RewardUnavailable;
import java.util.List;
import java.util.Locale;

/** The probabilities of an answer's tokens. */
final class Probabilities {
    private static final double LEAST_MASS = 0.2;

    private Probabilities() {}

    /**
     * Returns the answer.
     *
     * @throws RewardUnavailable if it has words but no probabilities, because the server then never gives them
     */
    static ChatAnswer required(ChatAnswer answer, JudgeOptions options) {
        if (answer.tokens().isEmpty() && !answer.text().isBlank()) {
            throw new RewardUnavailable("""
                    %s gives no probabilities of tokens (choices[0].logprobs), which %s needs.
                    Maybe ask a server that does, such as vLLM, llama.cpp or Ollama.\
                    """.formatted(options.address(), options.reward()));
        }
        return answer;
    }

    /**
     * Returns the probability of yes among yes and no, at the last place where the answer says either, or else at its first.
     *
     * @throws AnswerFault if neither is likely there
     */
    static double yes(ChatAnswer answer) {
        List<ChatAnswer.Token> tokens = answer.tokens();
        if (tokens.isEmpty()) {
            throw answer.without("yes or no");
        }
        ChatAnswer.Token place = tokens.get(0);
        for (ChatAnswer.Token token : tokens) {
            String word = word(token.text());
            place = word.equals("yes") || word.equals("no") ? token : place;
        }
        double yes = 0;
        double no = 0;
        for (ChatAnswer.Choice choice : place.choices()) {
            String word = word(choice.text());
            yes += word.equals("yes") ? choice.probability() : 0;
            no += word.equals("no") ? choice.probability() : 0;
        }
        if (!(yes + no >= LEAST_MASS)) {
            throw answer.without("yes or no with a probability of 0.2 or more");
        }
        return yes / (yes + no);
    }

    /** Without what tokenizers and sentences put around a word. */
    private static String word(String token) {
        return token.replaceAll("[\\s\\u0120\\u2581\\p{Punct}]+", "").toLowerCase(Locale.ROOT);
    }
}
