package dev.sluice.cli.internal.serve;

import java.util.Base64;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a request says of one image or video, as {@code openapi.yaml} has it: {@code path} or {@code data}, and perhaps
 * {@code prompt} and {@code metadata}.
 *
 * @param node any JSON value; what it must be is checked when it is read
 */
record RequestItem(JsonNode node) {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> FIELDS = Set.of("path", "data", "prompt", "metadata");

    /** Returns the object that a body is. */
    static JsonNode object(byte[] body) throws HttpFailure {
        try {
            JsonNode node = JSON.readTree(body);
            if (node != null && node.isObject()) {
                return node;
            }
        } catch (JacksonException e) {
            // said below
        }
        throw new HttpFailure(400, "The body must be a JSON object.");
    }

    /** Returns its pixels. */
    RequestMedia.Held read(RequestMedia media) throws HttpFailure {
        if (!node.isObject()) {
            throw new HttpFailure(400, "An item must be an object.");
        }
        for (String field : node.propertyNames()) {
            if (!FIELDS.contains(field)) {
                throw new HttpFailure(
                        400, "%s is no field; there are path, data, prompt and metadata.".formatted(field));
            }
        }
        if (node.has("path") == node.has("data")) {
            throw new HttpFailure(400, "An item must have either path or data.");
        }
        if (node.has("path")) {
            if (!node.path("path").isString()) {
                throw new HttpFailure(400, "path must be a text.");
            }
            return media.path(node.path("path").asString());
        }
        if (!node.path("data").isString()) {
            throw new HttpFailure(400, "data must be a text in Base64.");
        }
        try {
            return media.upload(Base64.getDecoder().decode(node.path("data").asString()));
        } catch (IllegalArgumentException e) {
            throw new HttpFailure(400, "data is not valid Base64.");
        }
    }

    /** Returns its prompt; empty if it has none. */
    String prompt() throws HttpFailure {
        if (node.has("prompt") && !node.path("prompt").isString()) {
            throw new HttpFailure(400, "prompt must be a text.");
        }
        return node.path("prompt").asString("");
    }

    /** Returns its metadata; empty if it has none. */
    Map<String, Object> metadata() throws HttpFailure {
        JsonNode metadata = node.path("metadata");
        if (metadata.isMissingNode()) {
            return Map.of();
        }
        if (!metadata.isObject() || metadata.valueStream().anyMatch(JsonNode::isNull)) {
            throw new HttpFailure(400, "metadata must be an object without null.");
        }
        return JSON.treeToValue(metadata, new TypeReference<Map<String, Object>>() {});
    }
}
