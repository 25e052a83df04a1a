package dev.sluice.rewards.internal.judge;

import dev.sluice.rewards.internal.RewardOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/**
 * The options that all judges have.
 *
 * @param reward the name in messages
 * @param address where the judge is asked
 * @param keyVariable the environment variable that holds the key, if there is one
 * @param patience with the server
 * @param concurrency the most requests that are under way at once
 * @param perMinute the most requests that begin in a minute
 * @param cache the folder of answers, if they are kept
 * @param style of the requests
 * @param seed of the first pass; further ones count on
 * @param pictures how media become pictures of a request
 */
record JudgeOptions(
        String reward,
        URI address,
        Optional<String> keyVariable,
        JudgeClient.Patience patience,
        int concurrency,
        double perMinute,
        Optional<Path> cache,
        ChatRequest.Style style,
        int seed,
        ShownMedia.Form pictures) {
    private static final List<String> ANY = List.of();
    private static final List<String> TOKEN_FIELDS = List.of("max_tokens", "max_completion_tokens");
    private static final double SAMPLED = 0.7;

    /**
     * What a judge has unless told otherwise.
     *
     * @param frames of a video that are shown
     * @param maxTokens of an answer
     * @param passes how often each question is asked
     * @param logprobs whether the probabilities of tokens are needed
     */
    record Usual(int frames, int maxTokens, int passes, boolean logprobs) {}

    /** Returns the names of the options with the values that each can have, and those that one judge adds; it may be changed. */
    static Map<String, List<String>> names(Map<String, List<String>> more) {
        Map<String, List<String>> names = new TreeMap<>(more);
        for (String name : List.of(
                "endpoint",
                "model",
                "keyVariable",
                "timeout",
                "attempts",
                "concurrency",
                "perMinute",
                "cache",
                "temperature",
                "seed",
                "maxTokens",
                "extra",
                "frames",
                "side",
                "leastSide",
                "jpeg",
                "rubric")) {
            names.put(name, ANY);
        }
        names.put("keyOverHttp", List.of("false", "true"));
        names.put("tokensField", TOKEN_FIELDS);
        return names;
    }

    /**
     * Reads them, and asks nothing yet.
     *
     * @throws IllegalArgumentException if one is missing or wrong
     */
    static JudgeOptions of(RewardOptions options, Usual usual) {
        String reward = options.reward();
        URI address = JudgeAddress.of(reward + ".endpoint", required(options, "endpoint", "http://127.0.0.1:8000/v1"));
        String model = required(options, "model", "qwen2.5-vl");
        Optional<String> keyVariable = options.text("keyVariable").map(name -> variable(reward, name));
        if (keyVariable.isPresent()
                && !JudgeAddress.isPrivate(address)
                && !options.word("keyOverHttp", "false").equals("true")) {
            throw new IllegalArgumentException(
                    "%s.endpoint (%s) must begin with https where there is a key, because the key could be read on the way.%nMaybe add keyOverHttp: true, if the network is your own."
                            .formatted(reward, address));
        }
        double temperature = options.number("temperature", usual.passes > 1 ? SAMPLED : 0, 0, 2);
        if (usual.passes > 1 && temperature == 0) {
            throw new IllegalArgumentException(
                    "%s.passes (%s) must go with a temperature above 0, because all passes would be alike."
                            .formatted(reward, usual.passes));
        }
        ChatRequest.Style style = new ChatRequest.Style(
                model,
                temperature,
                options.whole("maxTokens", usual.maxTokens, 1, 1_000_000),
                options.word("tokensField", TOKEN_FIELDS.get(0)),
                usual.logprobs,
                extra(options));
        return new JudgeOptions(
                reward,
                address,
                keyVariable,
                new JudgeClient.Patience(
                        options.whole("attempts", 6, 1, 100),
                        Duration.ofSeconds(options.whole("timeout", 60, 1, 86_400))),
                options.whole("concurrency", 4, 1, 1024),
                options.number("perMinute", Double.POSITIVE_INFINITY, 1e-3, Double.POSITIVE_INFINITY),
                options.text("cache").map(Path::of),
                style,
                options.whole("seed", 0, 0, Integer.MAX_VALUE - 1_000_000),
                ShownMedia.Form.of(options, usual.frames));
    }

    private static String required(RewardOptions options, String key, String example) {
        return options.text(key)
                .filter(text -> !text.isBlank())
                .map(String::strip)
                .orElseThrow(() -> new IllegalArgumentException("The reward %s needs the option %s, as in %s: %s."
                        .formatted(options.reward(), key, key, example)));
    }

    private static String variable(String reward, String name) {
        if (!name.matches("[A-Z_][A-Z0-9_]{0,63}")) { // not shown, because it may be the key itself
            throw new IllegalArgumentException(
                    "%s.keyVariable must be the name of an environment variable, in capitals as in JUDGE_KEY; the key itself belongs into that variable."
                            .formatted(reward));
        }
        return name;
    }

    private static Map<String, JsonNode> extra(RewardOptions options) {
        Map<String, JsonNode> fields = new TreeMap<>();
        options.text("extra").ifPresent(file -> {
            JsonNode node = Rubric.json(options.reward() + ".extra", Path.of(file));
            node.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
            for (String own : List.of("messages", "model", "stream", "n")) {
                if (fields.containsKey(own)) {
                    throw new IllegalArgumentException(
                            "%s must not have the field %s, because the reward writes it itself.".formatted(file, own));
                }
            }
        });
        return fields;
    }

    /**
     * Returns a judge; nothing is asked yet.
     *
     * @throws IllegalArgumentException if the key is not there
     */
    Judge open() {
        return open(System::getenv, Timing.SYSTEM);
    }

    /** Returns a judge with another environment and another sense of time. */
    Judge open(UnaryOperator<String> environment, Timing timing) {
        Optional<String> key = keyVariable.map(name -> key(name, environment.apply(name)));
        JudgeClient client = new JudgeClient(address, key, patience, new Pace(perMinute, timing), timing);
        try {
            return new Judge(
                    client,
                    cache.isPresent() ? Optional.of(AnswerCache.open(cache.get())) : Optional.empty(),
                    concurrency);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String key(String name, String value) {
        String key = value == null ? "" : value.strip();
        if (!key.matches("[\\x21-\\x7e]+")) {
            throw new IllegalArgumentException(
                    "%s.keyVariable (%s) must name an environment variable that holds a key, but %s."
                            .formatted(
                                    reward,
                                    name,
                                    key.isEmpty() ? "it is empty or not set" : "it has blanks or other characters"));
        }
        return key;
    }
}
