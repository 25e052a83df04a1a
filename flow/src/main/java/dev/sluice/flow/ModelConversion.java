package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.internal.Components;
import dev.sluice.flow.internal.ConfigFile;
import dev.sluice.flow.internal.PipelineIndex;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a model once more: in another type, in other shards, or with adapters merged into its weights. The new folder appears when
 * it is complete.
 *
 * <p>Memory: files are mapped and one tensor is converted at a time; a tensor that stays as it is passes from file to file.
 */
public final class ModelConversion {
    private static final String PIPELINE = "model_index.json";
    private static final List<String> TRANSFORMERS = List.of("transformer", "transformer_2");
    private static final List<String> TYPE_KEYS = List.of("torch_dtype", "dtype");

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Options options;
    private final Listener listener;
    private long tensors;
    private long bytes;

    private ModelConversion(Options options, Listener listener) {
        this.options = options;
        this.listener = listener;
    }

    /**
     * What becomes of a model.
     *
     * @param storage the type of floating tensors; {@code SAME} leaves each as it is stored
     * @param shardBytes weights of a component that take more are split into files of at most this many bytes, or of one tensor
     * @param adapters are merged into the transformers, in this order
     */
    public record Options(SafetensorsWriter.Storage storage, long shardBytes, List<AdapterStack.Entry> adapters) {
        public Options {
            if (shardBytes < 1) {
                throw new IllegalArgumentException("shardBytes (%s) must be at least 1.".formatted(shardBytes));
            }
            adapters = List.copyOf(adapters);
        }
    }

    /** Is told how far a conversion is. */
    @FunctionalInterface
    public interface Listener {
        /** Is called after every tensor. */
        void written(String component, long tensors);
    }

    /**
     * What was written.
     *
     * @param tensors number of tensors
     * @param bytes of all weights
     */
    public record Written(long tensors, long bytes) {}

    /** Returns the number of tensors that a conversion of the folder writes, from the headers of its files. */
    public static long tensors(Path source) throws IOException {
        long count = 0;
        for (Path component : components(source).values()) {
            if (hasWeights(component)) {
                try (WeightFiles files = WeightFiles.open(component)) {
                    count += files.names().size();
                }
            }
        }
        return count;
    }

    /**
     * Converts a pipeline's folder, or that of one component.
     *
     * @param target a folder that appears or is replaced as a whole; neither the source nor within it
     * @throws IOException if the source is broken, an adapter does not fit it, or the target cannot be written; what stood there
     *     before then still does
     * @throws IllegalArgumentException if a number is too large for the type
     */
    public static Written run(Path source, Path target, Options options, Listener listener) throws IOException {
        Path from = source.toAbsolutePath().normalize();
        Path to = target.toAbsolutePath().normalize();
        if (to.startsWith(from) || from.startsWith(to)) {
            throw new IllegalArgumentException(
                    "The new folder (%s) must not be the model's own (%s), nor within it or around it."
                            .formatted(target, source));
        }
        Map<String, Path> components = components(source);
        if (!options.adapters.isEmpty() && !Files.exists(source.resolve(PIPELINE))) {
            throw new IOException(
                    "%s has no model_index.json; an adapter is merged into a whole model only.".formatted(source));
        }
        for (AdapterStack.Entry entry : options.adapters) {
            entry.adapter().requireFits(source);
        }
        // A missing shard or a pickled file is found before anything is written.
        tensors(source);
        ModelConversion conversion = new ModelConversion(options, listener);
        AtomicFiles.folder(target, place -> {
            boolean pipeline = Files.exists(source.resolve(PIPELINE));
            if (pipeline) {
                Files.copy(source.resolve(PIPELINE), place.resolve(PIPELINE));
            }
            for (Map.Entry<String, Path> component : components.entrySet()) {
                conversion.component(
                        component.getKey(),
                        component.getValue(),
                        pipeline ? Files.createDirectory(place.resolve(component.getKey())) : place);
            }
        });
        return new Written(conversion.tensors, conversion.bytes);
    }

    private static Map<String, Path> components(Path source) throws IOException {
        Map<String, Path> components = new LinkedHashMap<>();
        if (!Files.exists(source.resolve(PIPELINE)) && Files.exists(source.resolve("config.json"))) {
            components.put(String.valueOf(source.toAbsolutePath().normalize().getFileName()), source);
            return components;
        }
        PipelineIndex index = PipelineIndex.read(source);
        for (String name : index.components()) {
            components.put(name, index.folder(name));
        }
        return components;
    }

    /** A tokenizer or a scheduler has none, and its own configuration. */
    private static boolean hasWeights(Path component) throws IOException {
        return Files.exists(component.resolve("config.json"))
                && !code(component).endsWith(".onnx")
                && !Files.exists(component.resolve("scheduler_config.json"))
                && !Files.exists(component.resolve("tokenizer_config.json"));
    }

    /** Returns the name of the file of a model of any architecture; empty for all others. */
    private static String code(Path component) throws IOException {
        ConfigFile config = Components.config(component);
        return config.text("_class_name", "").equals(Components.VELOCITY) ? config.text("file", "velocity.pt") : "";
    }

    private void component(String name, Path from, Path to) throws IOException {
        boolean weights = hasWeights(from);
        String code = weights ? code(from) : "";
        try (Stream<Path> all = Files.walk(from)) {
            for (Path file : all.filter(file -> !file.equals(from)).toList()) {
                Path place = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectory(place);
                } else if (!weights
                        || !isWeights(file)
                        || file.getFileName().toString().equals(code)) {
                    Files.copy(file, place);
                }
            }
        }
        if (weights) {
            retype(to.resolve("config.json"));
            weights(name, from, to);
        }
    }

    private static boolean isWeights(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".safetensors") || name.endsWith(".safetensors.index.json") || WeightFiles.isPickled(name);
    }

    /** Transformers writes the type of the weights into the configuration, and goes by it. */
    private void retype(Path config) throws IOException {
        if (options.storage == SafetensorsWriter.Storage.SAME) {
            return;
        }
        ObjectNode root = (ObjectNode) ConfigFile.read(config).root();
        for (String key : TYPE_KEYS) {
            if (root.hasNonNull(key)) {
                root.put(key, options.storage.name().toLowerCase(Locale.ROOT));
                Files.write(config, JSON.writeValueAsBytes(root));
            }
        }
    }

    private void weights(String component, Path from, Path to) throws IOException {
        try (WeightFiles files = WeightFiles.open(from)) {
            List<List<SafetensorsWriter.Tensor>> shards = new ArrayList<>();
            long inShard = Long.MAX_VALUE;
            long total = 0;
            for (String name : files.names()) {
                SafetensorsWriter.Tensor tensor = tensor(component, files, name);
                if (shards.isEmpty() || inShard + tensor.bytes() > options.shardBytes) {
                    shards.add(new ArrayList<>());
                    inShard = 0;
                }
                shards.get(shards.size() - 1).add(tensor);
                inShard += tensor.bytes();
                total += tensor.bytes();
            }
            write(stem(files), to, shards, total);
            bytes += total;
        }
    }

    private static String stem(WeightFiles files) {
        String name = files.path().getFileName().toString();
        return name.substring(0, name.indexOf(".safetensors"));
    }

    private static void write(String stem, Path to, List<List<SafetensorsWriter.Tensor>> shards, long total)
            throws IOException {
        Map<String, String> metadata = Map.of("format", "pt");
        if (shards.size() == 1) {
            SafetensorsWriter.write(to.resolve(stem + ".safetensors"), shards.get(0), metadata);
            return;
        }
        Map<String, String> shardOf = new TreeMap<>();
        for (int i = 0; i < shards.size(); i++) {
            String file = "%s-%05d-of-%05d.safetensors".formatted(stem, i + 1, shards.size());
            SafetensorsWriter.write(to.resolve(file), shards.get(i), metadata);
            shards.get(i).forEach(tensor -> shardOf.put(tensor.name(), file));
        }
        ObjectNode index = JSON.createObjectNode();
        index.putObject("metadata").put("total_size", total);
        ObjectNode map = index.putObject("weight_map");
        shardOf.forEach(map::put);
        AtomicFiles.file(to.resolve(stem + ".safetensors.index.json"), JSON.writeValueAsBytes(index));
    }

    private SafetensorsWriter.Tensor tensor(String component, WeightFiles files, String name) throws IOException {
        StoredType stored = files.dtype(name);
        StoredType type = stored.isFloating() ? options.storage.of(stored) : stored;
        List<AdapterStack.Entry> merged = adapters(component, name);
        SafetensorsWriter.Body body = channel -> {
            if (merged.isEmpty() && type == stored) {
                files.copy(name, channel);
            } else {
                try (NDManager scratch = Torch.newManager();
                        Torch.Scope off = Torch.noGradient()) {
                    NDArray array = files.read(scratch, name);
                    for (AdapterStack.Entry entry : merged) {
                        entry.adapter().mergeLayer(layer(component, name).orElseThrow(), array, array, entry.weight());
                    }
                    SafetensorsWriter.Tensor.of(name, array, type).body().write(channel);
                }
            }
            listener.written(component, ++tensors);
        };
        return new SafetensorsWriter.Tensor(name, files.shape(name), type, body);
    }

    private List<AdapterStack.Entry> adapters(String component, String name) {
        return layer(component, name)
                .map(layer -> options.adapters.stream()
                        .filter(entry -> entry.adapter().adapts(layer))
                        .toList())
                .orElse(List.of());
    }

    /** Returns the layer that a tensor is the weight of, as adapters name it. */
    private static Optional<String> layer(String component, String name) {
        String end = ".weight";
        if (!TRANSFORMERS.contains(component) || !name.endsWith(end)) {
            return Optional.empty();
        }
        String layer = name.substring(0, name.length() - end.length());
        return Optional.of(component.equals(TRANSFORMERS.get(0)) ? layer : component + "." + layer);
    }
}
