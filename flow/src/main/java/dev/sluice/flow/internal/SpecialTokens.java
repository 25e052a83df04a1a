package dev.sluice.flow.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What {@code special_tokens_map.json} and {@code tokenizer_config.json} of a tokenizer's folder say. */
public final class SpecialTokens {
    private final Path folder;
    private final Map<String, String> tokens;
    private final double maxLength;

    private SpecialTokens(Path folder, Map<String, String> tokens, double maxLength) {
        this.folder = folder;
        this.tokens = tokens;
        this.maxLength = maxLength;
    }

    /** Reads those of the two files that are there; the second has the last word. */
    public static SpecialTokens read(Path folder) throws IOException {
        Map<String, String> tokens = new LinkedHashMap<>();
        double maxLength = 0;
        for (String name : new String[] {"special_tokens_map.json", "tokenizer_config.json"}) {
            Path file = folder.resolve(name);
            if (Files.exists(file)) {
                ConfigFile config = ConfigFile.read(file);
                for (Map.Entry<String, JsonNode> entry : config.root().properties()) {
                    JsonNode value = entry.getValue();
                    JsonNode content = value.isObject() ? value.path("content") : value;
                    if (entry.getKey().endsWith("_token") && content.isString()) {
                        tokens.put(entry.getKey(), content.stringValue());
                    }
                }
                maxLength = config.number("model_max_length", maxLength);
            }
        }
        return new SpecialTokens(folder, tokens, maxLength);
    }

    /** Returns the text of a special token ({@code bos_token}, {@code pad_token} …), if the files name it. */
    public Optional<String> token(String key) {
        return Optional.ofNullable(tokens.get(key));
    }

    /** Returns the longest text in tokens; {@code usual} if the files name none or, as they do, a number like 1e30. */
    public int maxLength(int usual) {
        return maxLength >= 2 && maxLength <= 1 << 20 ? (int) maxLength : usual;
    }

    /** Returns the id of the padding token in a {@code tokenizer.json}. */
    long idOf(ConfigFile tokenizer, String token) throws IOException {
        for (JsonNode added : tokenizer.root().path("added_tokens")) {
            if (added.path("content").stringValue("").equals(token)
                    && added.path("id").isIntegralNumber()) {
                return added.path("id").longValue();
            }
        }
        JsonNode vocabulary = tokenizer.root().path("model").path("vocab");
        if (vocabulary.path(token).isIntegralNumber()) {
            return vocabulary.path(token).longValue();
        }
        int id = 0;
        for (JsonNode entry : vocabulary) {
            if (vocabulary.isArray() && entry.path(0).stringValue("").equals(token)) {
                return id;
            }
            id++;
        }
        throw new IOException("%s has no token %s, the pad_token of %s.".formatted(tokenizer.path(), token, folder));
    }

    /** Returns 1 more than the largest id in a {@code tokenizer.json}. */
    public static long size(JsonNode tokenizer) {
        JsonNode vocabulary = tokenizer.path("model").path("vocab");
        long size = vocabulary.isArray() ? vocabulary.size() : 0;
        if (vocabulary.isObject()) {
            for (JsonNode id : vocabulary) {
                size = Math.max(size, id.longValue(-1) + 1);
            }
        }
        for (JsonNode added : tokenizer.path("added_tokens")) {
            size = Math.max(size, added.path("id").longValue(-1) + 1);
        }
        return size;
    }

    /** Returns the id that fills short texts up: the files' {@code pad_token}, or what tokenizer.json pads with. */
    public long paddingId(ConfigFile tokenizer) throws IOException {
        Optional<String> named = token("pad_token");
        if (named.isPresent()) {
            return idOf(tokenizer, named.get());
        }
        JsonNode id = tokenizer.root().path("padding").path("pad_id");
        if (id.isIntegralNumber()) {
            return id.longValue();
        }
        throw new IOException("%s names no pad_token in tokenizer_config.json.".formatted(folder));
    }
}
