package dev.sluice.rewards.internal.judge;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One question to a chat model: pictures, then a text.
 *
 * @param style what all questions of a reward share
 * @param pictures as data URLs, in order
 * @param text what is asked
 * @param seed of the answer's sampling
 */
record ChatRequest(Style style, List<String> pictures, String text, long seed) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** More than this is refused by most servers. */
    static final int MOST_BYTES = 20_000_000;

    /** OpenAI's greatest number of alternatives, and vLLM's unless told otherwise. */
    private static final int ALTERNATIVES = 20;

    /**
     * What all questions of a reward share.
     *
     * @param model the name that the server knows it by
     * @param temperature 0 for the likeliest answer
     * @param maxTokens the most tokens of an answer
     * @param tokensField what the server calls that number
     * @param logprobs whether the answer must come with the probabilities of its tokens
     * @param extra fields of the request besides, or null for one that is to be left out
     */
    record Style(
            String model,
            double temperature,
            int maxTokens,
            String tokensField,
            boolean logprobs,
            Map<String, JsonNode> extra) {}

    /** Returns the same question with more text at its end. */
    ChatRequest followedBy(String more) {
        return new ChatRequest(style, pictures, text + "\n\n" + more, seed);
    }

    /** Returns the request's body; equal questions have equal ones. */
    byte[] json() {
        ObjectNode body = JSON.createObjectNode();
        body.put("model", style.model);
        ArrayNode content =
                body.putArray("messages").addObject().put("role", "user").putArray("content");
        for (String picture : pictures) {
            content.addObject().put("type", "image_url").putObject("image_url").put("url", picture);
        }
        content.addObject().put("type", "text").put("text", text);
        body.put("temperature", style.temperature);
        body.put("seed", seed);
        body.put(style.tokensField, style.maxTokens);
        if (style.logprobs) {
            body.put("logprobs", true);
            body.put("top_logprobs", ALTERNATIVES);
        }
        style.extra.forEach((field, value) -> {
            if (value.isNull()) {
                body.remove(field);
            } else {
                body.set(field, value);
            }
        });
        byte[] bytes = JSON.writeValueAsBytes(body);
        if (bytes.length > MOST_BYTES) {
            throw new AnswerFault("the request has %s MB, more than %s; options side, frames and jpeg make it smaller"
                    .formatted(bytes.length / 1_000_000, MOST_BYTES / 1_000_000));
        }
        return bytes;
    }
}
