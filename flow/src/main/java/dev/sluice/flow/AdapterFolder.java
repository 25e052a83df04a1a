package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.internal.AdapterTensor.Part;
import dev.sluice.flow.internal.Components;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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

    /** What diffusers' names begin with, in both files of a pair: which network is meant is said when one is loaded. */
    private static final String TRANSFORMER = "transformer.";

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
     * an adapter; of a pair of networks {@link StoredAdapter#DIFFUSERS_SECOND}, too.
     *
     * <p>Source: diffusers, {@code WanLoraLoaderMixin}: a call loads one network, and takes only the names of the first.
     *
     * @throws IOException if the folder holds no plain LoRA, or the file cannot be written
     */
    public static void writeDiffusers(Path folder) throws IOException {
        try (StoredAdapter stored = StoredAdapter.open(folder)) {
            if (stored.dora()) {
                throw new IOException("%s is a DoRA adapter; only LoRA is written.".formatted(stored.path()));
            }
            Map<String, AdapterReader.Layer> first = stored.layersOf(false);
            Map<String, AdapterReader.Layer> second = stored.layersOf(true);
            if (!first.isEmpty()) {
                LoraAdapter.Options options = second.isEmpty() ? stored.options() : AdapterReader.options(first);
                writeDiffusers(folder.resolve(StoredAdapter.DIFFUSERS), first, options);
            }
            if (!second.isEmpty()) {
                writeDiffusers(folder.resolve(StoredAdapter.DIFFUSERS_SECOND), second, AdapterReader.options(second));
            }
        }
    }

    private static void writeDiffusers(Path file, Map<String, AdapterReader.Layer> layers, LoraAdapter.Options options)
            throws IOException {
        try (NDManager scratch = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            Map<String, NDArray> values = new TreeMap<>();
            for (Map.Entry<String, AdapterReader.Layer> entry : layers.entrySet()) {
                values.put(
                        named(LoraAdapter.nameOfA(entry.getKey())),
                        entry.getValue().read(scratch, Part.A));
                values.put(
                        named(LoraAdapter.nameOfB(entry.getKey())),
                        entry.getValue().read(scratch, Part.B));
            }
            Map<String, Object> settings = new TreeMap<>();
            settings(options).forEach((key, value) -> settings.put(TRANSFORMER + key, value));
            SafetensorsWriter.write(
                    file,
                    values,
                    Map.of("format", "pt", AdapterReader.METADATA, JSON.writeValueAsString(settings)),
                    SafetensorsWriter.Storage.FLOAT32);
        }
    }

    private static String named(String peft) {
        return TRANSFORMER + peft.substring(LoraAdapter.PREFIX.length());
    }
}
