package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.internal.Components;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The folder of a LoRA adapter as PEFT writes and reads it: {@code adapter_config.json} and
 * {@code adapter_model.safetensors}.
 *
 * <p>Source: the checkpoint format in PEFT's developer guide; what else can
 * be read is {@link StoredAdapter}'s.
 */
public final class AdapterFolder {
    /** The file of settings. */
    public static final String CONFIG = "adapter_config.json";

    /** The file of A and B. */
    public static final String WEIGHTS = "adapter_model.safetensors";

    /** Where diffusers has the classes of the transformers. */
    private static final Map<String, String> MODULES = Map.of(
            Components.SD3, "diffusers.models.transformers.transformer_sd3",
            Components.FLUX, "diffusers.models.transformers.transformer_flux",
            Components.WAN, "diffusers.models.transformers.transformer_wan");

    private static final String FIRST = "transformer.";
    private static final String SECOND = "transformer_2.";

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private AdapterFolder() {}

    /**
     * Opens an adapter of any form over a network's weights; they stay as they are until {@link LoraAdapter#fold()}.
     *
     * @param owner the adapter's arrays live in a child of it
     * @param weights live weights of the network
     * @throws IOException if a file is missing or broken, or if the adapter is not made for these weights; the message is one
     *     sentence that names the file
     */
    public static LoraAdapter open(Path path, NDManager owner, Weights weights) throws IOException {
        try (StoredAdapter stored = StoredAdapter.open(path)) {
            return stored.trainable(owner, weights);
        }
    }

    /**
     * Writes an adapter in PEFT's form into a folder that is there.
     *
     * @param adapter what is adapted and how
     * @param values A and B by their names in {@link LoraAdapter#parameters()}: the present ones, or an average of them
     * @param baseModel where the weights below the adapter come from; may be empty
     */
    public static void write(Path folder, LoraAdapter adapter, Map<String, NDArray> values, String baseModel)
            throws IOException {
        SafetensorsWriter.write(
                folder.resolve(WEIGHTS), values, Map.of("format", "pt"), SafetensorsWriter.Storage.FLOAT32);
        Map<String, Object> config = new LinkedHashMap<>();
        String network = adapter.weights().network();
        config.put(
                "auto_mapping",
                MODULES.containsKey(network)
                        ? Map.of("base_model_class", network, "parent_library", MODULES.get(network))
                        : null);
        config.put("base_model_name_or_path", baseModel.isEmpty() ? null : baseModel);
        config.put("bias", "none");
        config.put("fan_in_fan_out", false);
        config.put("inference_mode", true);
        config.put("lora_dropout", 0.0);
        config.put("peft_type", "LORA");
        config.put("task_type", null);
        config.putAll(settings(adapter.options()));
        AtomicFiles.file(folder.resolve(CONFIG), JSON.writeValueAsBytes(config));
    }

    private static Map<String, Object> settings(LoraAdapter.Options options) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("alpha_pattern", options.alphas());
        settings.put("lora_alpha", options.alpha());
        settings.put("r", options.rank());
        settings.put("rank_pattern", options.ranks());
        settings.put("target_modules", new TreeSet<>(options.targets()));
        settings.put("use_rslora", options.rootScaled());
        return settings;
    }

    /**
     * Writes {@link StoredAdapter#DIFFUSERS}, which {@code load_lora_weights} of a diffusers pipeline takes, into the folder of
     * an adapter.
     *
     * @throws IOException if the folder holds no plain LoRA, or the file cannot be written
     */
    public static void writeDiffusers(Path folder) throws IOException {
        try (StoredAdapter stored = StoredAdapter.open(folder);
                NDManager scratch = Torch.newManager()) {
            if (stored.dora()) {
                throw new IOException("%s is a DoRA adapter; only LoRA is written.".formatted(stored.path()));
            }
            Map<String, NDArray> values = new TreeMap<>();
            stored.values(scratch)
                    .forEach(
                            (name, array) -> values.put(component(name.substring(LoraAdapter.PREFIX.length())), array));
            Map<String, Object> settings = new TreeMap<>();
            for (String component : List.of(FIRST, SECOND)) {
                if (values.keySet().stream().anyMatch(name -> name.startsWith(component))) {
                    settings(stored.options()).forEach((key, value) -> settings.put(component + key, value));
                }
            }
            SafetensorsWriter.write(
                    folder.resolve(StoredAdapter.DIFFUSERS),
                    values,
                    Map.of("format", "pt", AdapterReader.METADATA, JSON.writeValueAsString(settings)),
                    SafetensorsWriter.Storage.FLOAT32);
        }
    }

    private static String component(String name) {
        return name.startsWith(SECOND) ? name : FIRST + name;
    }
}
