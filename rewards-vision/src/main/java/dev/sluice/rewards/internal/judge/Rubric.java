package dev.sluice.rewards.internal.judge;

import dev.sluice.rewards.internal.RewardOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The wording of a judge's questions, and what its answers look like: a JSON object, bundled or in a file of the user's.
 *
 * @param name what messages call it
 * @param json the object
 */
record Rubric(String name, JsonNode json) {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern PLACE = Pattern.compile("\\{(prompt|shown)}");
    private static final String PROMPT = "{prompt}";

    /** Reads the rubric that an option names, one that is bundled or a file. */
    static Rubric of(RewardOptions options, String... bundled) {
        String name = options.word("rubric", bundled[0]);
        if (!List.of(bundled).contains(name)) {
            if (!name.endsWith(".json")) {
                throw new IllegalArgumentException("%s.rubric (%s) must be %s or a file that ends in .json."
                        .formatted(options.reward(), name, String.join(", ", bundled)));
            }
            return new Rubric(name, json(options.reward() + ".rubric", Path.of(name)));
        }
        try (InputStream in = Rubric.class.getResourceAsStream("rubrics/" + name + ".json")) {
            return new Rubric(name, JSON.readTree(in.readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads a file with a JSON object. */
    static JsonNode json(String option, Path file) {
        try {
            JsonNode node = JSON.readTree(Files.readAllBytes(file));
            if (node.isObject()) {
                return node;
            }
            throw new IllegalArgumentException("%s (%s) must hold a JSON object.".formatted(option, file));
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    "%s (%s) is no valid JSON: %s.".formatted(option, file, e.getOriginalMessage()), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("%s (%s) must be a file that can be read.".formatted(option, file), e);
        }
    }

    /** Returns a text, or a list of lines as one. */
    String text(String field) {
        JsonNode node = json.path(field);
        String text = node.isArray()
                ? StreamSupport.stream(node.spliterator(), false)
                        .map(line -> line.asString(""))
                        .collect(Collectors.joining("\n"))
                : node.asString("");
        if (text.isBlank()) {
            throw wrong(field, "a text or a list of lines");
        }
        return text;
    }

    /** Returns a number. */
    double number(String field) {
        JsonNode node = json.path(field);
        if (!node.isNumber()) {
            throw wrong(field, "a number");
        }
        return node.doubleValue();
    }

    /** Returns a whole number of at least 1, or what it is if it is not there. */
    int count(String field, int standard) {
        JsonNode node = json.path(field);
        if (node.isMissingNode()) {
            return standard;
        }
        if (!(node.isInt() && node.intValue() >= 1)) {
            throw wrong(field, "a whole number of at least 1");
        }
        return node.intValue();
    }

    IllegalArgumentException wrong(String field, String rule) {
        return new IllegalArgumentException("The rubric %s: %s (%s) must be %s."
                .formatted(name, field, json.path(field).isMissingNode() ? "not there" : json.path(field), rule));
    }

    /** Returns a question with its places filled in; what a prompt says stays between its brackets. */
    static String filled(String question, String prompt, String shown) {
        if (question.contains(PROMPT) && prompt.isBlank()) {
            throw new AnswerFault("the judge is asked about the prompt, but there is none");
        }
        String tamed = prompt.replaceAll("[\\s\\p{Cntrl}]+", " ")
                .strip()
                .replace('[', '(')
                .replace(']', ')')
                .replace('<', '(')
                .replace('>', ')');
        Map<String, String> values = Map.of("prompt", tamed, "shown", shown);
        return PLACE.matcher(question).replaceAll(place -> Matcher.quoteReplacement(values.get(place.group(1))));
    }
}
