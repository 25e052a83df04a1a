package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.internal.ConfigFile;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The folder of a LoRA adapter as PEFT writes and reads it: {@code adapter_config.json} and
 * {@code adapter_model.safetensors}.
 *
 * <p>Source: <a href="https://huggingface.co/docs/peft/developer_guides/checkpoint">PEFT's checkpoint format</a>. Differs:
 * plain LoRA on linear layers only; what PEFT has beyond it (DoRA, patterns of ranks, trained biases) is refused.
 */
public final class AdapterFolder {
    /** The file of settings. */
    public static final String CONFIG = "adapter_config.json";

    /** The file of A and B. */
    public static final String WEIGHTS = "adapter_model.safetensors";

    /** Settings that change what an adapter computes, if they are on. */
    private static final List<String> FALSE =
            List.of("use_dora", "use_rslora", "lora_bias", "fan_in_fan_out", "use_qalora");

    /** Settings that change what an adapter is, if they hold anything. */
    private static final List<String> EMPTY = List.of(
            "rank_pattern",
            "alpha_pattern",
            "modules_to_save",
            "layers_to_transform",
            "exclude_modules",
            "target_parameters",
            "trainable_token_indices",
            "layer_replication");

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private AdapterFolder() {}

    /**
     * Opens an adapter over a network's weights; they stay as they are until {@link LoraAdapter#fold()}.
     *
     * @param owner the adapter's arrays live in a child of it
     * @param weights live weights of the network
     * @throws IOException if a file is missing or broken, or if the adapter is not made for these weights; the message is one
     *     sentence that names the file
     */
    public static LoraAdapter open(Path folder, NDManager owner, Weights weights) throws IOException {
        LoraAdapter.Options options = options(folder);
        try (WeightFiles files = WeightFiles.open(folder);
                NDManager scratch = owner.newSubManager()) {
            Map<String, NDArray> values = new LinkedHashMap<>();
            for (String name : files.names()) {
                values.put(name, files.read(scratch, name));
            }
            return loaded(files.path(), options, values, owner, weights);
        }
    }

    private static LoraAdapter loaded(
            Path file, LoraAdapter.Options options, Map<String, NDArray> values, NDManager owner, Weights weights)
            throws IOException {
        LoraAdapter adapter = null;
        try {
            adapter = new LoraAdapter(owner, weights, options, NoiseSource.of(0));
            adapter.load(values);
            return adapter;
        } catch (IllegalArgumentException e) {
            if (adapter != null) {
                adapter.close();
            }
            throw new IOException("%s does not fit the model: %s".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * Reads what is adapted and how.
     *
     * @throws IOException if there is no such adapter, or if it is of a kind that is not understood
     */
    public static LoraAdapter.Options options(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException("%s is not there; expected an adapter's folder.".formatted(folder));
        }
        ConfigFile config = ConfigFile.read(folder.resolve(CONFIG));
        config.requireText("peft_type", "LORA");
        config.requireText("bias", "none");
        for (String key : FALSE) {
            if (config.flag(key, false)) {
                throw new IOException(
                        "%s: %s (true) must be false; only plain LoRA is understood.".formatted(config.path(), key));
            }
        }
        for (String key : EMPTY) {
            JsonNode value = config.root().path(key);
            if (config.has(key) && !(value.isContainer() && value.isEmpty())) {
                throw new IOException("%s: %s (%s) must be empty; only plain LoRA is understood."
                        .formatted(config.path(), key, value));
            }
        }
        return config.parsed(file -> new LoraAdapter.Options(
                file.integer("r"),
                file.number("lora_alpha", 8), // PEFT's default
                List.copyOf(new TreeSet<>(file.texts("target_modules")))));
    }

    /**
     * Writes an adapter into a folder that is there.
     *
     * @param values A and B by their names in {@link LoraAdapter#parameters()}: the present ones, or an average of them
     * @param baseModel where the weights below the adapter come from; may be empty
     */
    public static void write(Path folder, LoraAdapter.Options options, Map<String, NDArray> values, String baseModel)
            throws IOException {
        SafetensorsWriter.write(
                folder.resolve(WEIGHTS), values, Map.of("format", "pt"), SafetensorsWriter.Storage.FLOAT32);
        Map<String, Object> config = new LinkedHashMap<>();
        config.put(
                "auto_mapping",
                Map.of(
                        "base_model_class",
                        "SD3Transformer2DModel",
                        "parent_library",
                        "diffusers.models.transformers.transformer_sd3"));
        config.put("base_model_name_or_path", baseModel.isEmpty() ? null : baseModel);
        config.put("bias", "none");
        config.put("fan_in_fan_out", false);
        config.put("inference_mode", true);
        config.put("lora_alpha", options.alpha());
        config.put("lora_dropout", 0.0);
        config.put("peft_type", "LORA");
        config.put("r", options.rank());
        config.put("target_modules", new TreeSet<>(options.targets()));
        config.put("task_type", null);
        AtomicFiles.file(folder.resolve(CONFIG), JSON.writeValueAsBytes(config));
    }
}
