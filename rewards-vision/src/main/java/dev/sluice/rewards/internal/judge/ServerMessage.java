package dev.sluice.rewards.internal.judge;

import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a server says of an error, as far as it fits a sentence. */
final class ServerMessage {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ServerMessage() {}

    static String of(byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8);
        try {
            return of(JSON.readTree(text));
        } catch (JacksonException e) {
            return AnswerFault.excerpt(text);
        }
    }

    /** OpenAI, vLLM and llama.cpp have error.message; others message, detail or error alone. */
    static String of(JsonNode body) {
        JsonNode[] places = {
            body.path("error").path("message"), body.path("message"), body.path("detail"), body.path("error")
        };
        for (JsonNode place : places) {
            if (place.isString() && !place.asString().isBlank()) {
                return AnswerFault.excerpt(place.asString());
            }
        }
        return AnswerFault.excerpt(body.toString());
    }
}
