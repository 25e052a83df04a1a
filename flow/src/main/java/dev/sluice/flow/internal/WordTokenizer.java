package dev.sluice.flow.internal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Writes the {@code tokenizer.json} of a vocabulary of whole words: padding is 0, the end of a text 1, unknown words 2. */
final class WordTokenizer {
    static final int SPECIAL_TOKENS = 3;
    private static final String PADDING = "<pad>";
    private static final String END = "</s>";
    private static final String UNKNOWN = "<unk>";

    private WordTokenizer() {}

    static String tokenizerJson(List<String> words) {
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        for (String token : List.of(PADDING, END, UNKNOWN)) {
            vocabulary.put(token, vocabulary.size());
        }
        for (String word : words) {
            if (vocabulary.putIfAbsent(word, vocabulary.size()) != null) {
                throw new IllegalArgumentException(
                        "The word (%s) must stand only once in the vocabulary.".formatted(word));
            }
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", "1.0");
        json.put("truncation", null);
        json.put("padding", null);
        json.put("added_tokens", List.of(special(0, PADDING), special(1, END), special(2, UNKNOWN)));
        json.put("normalizer", Map.of("type", "Lowercase"));
        json.put("pre_tokenizer", Map.of("type", "Whitespace"));
        json.put("post_processor", endOfText());
        json.put("decoder", null);
        json.put("model", ordered("type", "WordLevel", "vocab", vocabulary, "unk_token", UNKNOWN));
        return write(json);
    }

    static String configJson(int maxTokens) {
        return write(ordered(
                "backend", "tokenizers",
                "eos_token", END,
                "model_max_length", maxTokens,
                "pad_token", PADDING,
                "tokenizer_class", "PreTrainedTokenizerFast",
                "unk_token", UNKNOWN));
    }

    private static Map<String, Object> special(int id, String content) {
        return ordered(
                "id", id,
                "content", content,
                "single_word", false,
                "lstrip", false,
                "rstrip", false,
                "normalized", false,
                "special", true);
    }

    private static Map<String, Object> endOfText() {
        Map<String, Object> first = Map.of("Sequence", ordered("id", "A", "type_id", 0));
        Map<String, Object> second = Map.of("Sequence", ordered("id", "B", "type_id", 0));
        Map<String, Object> end = Map.of("SpecialToken", ordered("id", END, "type_id", 0));
        return ordered(
                "type", "TemplateProcessing",
                "single", List.of(first, end),
                "pair", List.of(first, end, second, end),
                "special_tokens", Map.of(END, ordered("id", END, "ids", List.of(1), "tokens", List.of(END))));
    }

    private static Map<String, Object> ordered(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }

    private static String write(Map<String, Object> json) {
        return JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }
}
