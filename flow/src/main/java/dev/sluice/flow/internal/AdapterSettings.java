package dev.sluice.flow.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * The settings of a LoRA adapter as PEFT names them: of an {@code adapter_config.json}, or of one part of the
 * {@code lora_adapter_metadata} that diffusers writes into the weights' file.
 *
 * @param path the file, for messages
 * @param rank r of all layers that have none of their own
 * @param alpha likewise
 * @param targets the adapted layers; empty if they are given in another way than as a list
 * @param ranks r of some layers, by patterns of their names
 * @param alphas alpha of some layers
 * @param rootScaled whether the scale is alpha/√r
 */
public record AdapterSettings(
        Path path,
        int rank,
        double alpha,
        List<String> targets,
        Map<String, Integer> ranks,
        Map<String, Double> alphas,
        boolean rootScaled) {
    /** PEFT's default of {@code lora_alpha}. */
    private static final double USUAL_ALPHA = 8;

    /** Settings that change what an adapter computes, if they are on. */
    private static final List<String> FALSE = List.of("lora_bias", "fan_in_fan_out", "use_qalora");

    /** Settings that change what an adapter is, if they hold anything. */
    private static final List<String> EMPTY = List.of(
            "modules_to_save",
            "layers_to_transform",
            "target_parameters",
            "trainable_token_indices",
            "layer_replication",
            "alora_invocation_tokens");

    /**
     * Reads settings.
     *
     * @throws IOException if they are of a kind of adapter that is not understood
     */
    public static AdapterSettings of(ConfigFile config) throws IOException {
        config.requireText("peft_type", "LORA");
        config.requireText("bias", "none");
        for (String key : FALSE) {
            if (config.flag(key, false)) {
                throw new IOException("%s: %s (true) must be false; only LoRA and DoRA of linear layers are understood."
                        .formatted(config.path(), key));
            }
        }
        for (String key : EMPTY) {
            JsonNode value = config.root().path(key);
            if (config.has(key) && !(value.isContainer() && value.isEmpty())) {
                throw new IOException("%s: %s (%s) must be empty; only LoRA and DoRA of linear layers are understood."
                        .formatted(config.path(), key, value));
            }
        }
        Map<String, Integer> ranks = new LinkedHashMap<>();
        Map<String, Double> alphas = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : patterns(config, "rank_pattern")) {
            if (!entry.getValue().isIntegralNumber()) {
                throw wrong(config, "rank_pattern", entry, "an integer");
            }
            ranks.put(entry.getKey(), entry.getValue().intValue());
        }
        for (Map.Entry<String, JsonNode> entry : patterns(config, "alpha_pattern")) {
            if (!entry.getValue().isNumber()) {
                throw wrong(config, "alpha_pattern", entry, "a number");
            }
            alphas.put(entry.getKey(), entry.getValue().doubleValue());
        }
        // A text is a regular expression, or all-linear: the layers are then those of the weights' file.
        boolean listed = !config.root().path("target_modules").isString();
        return new AdapterSettings(
                config.path(),
                config.integer("r"),
                config.number("lora_alpha", USUAL_ALPHA),
                listed ? List.copyOf(new TreeSet<>(config.texts("target_modules"))) : List.of(),
                ranks,
                alphas,
                config.flag("use_rslora", false));
    }

    private static Iterable<Map.Entry<String, JsonNode>> patterns(ConfigFile config, String key) throws IOException {
        JsonNode node = config.root().path(key);
        if (!config.has(key)) {
            return List.of();
        }
        if (!node.isObject()) {
            throw new IOException("%s: %s (%s) must be an object.".formatted(config.path(), key, node));
        }
        return node.properties();
    }

    private static IOException wrong(
            ConfigFile config, String key, Map.Entry<String, JsonNode> entry, String expected) {
        return new IOException("%s: %s of %s (%s) must be %s."
                .formatted(config.path(), key, entry.getKey(), entry.getValue(), expected));
    }
}
