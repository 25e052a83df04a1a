package dev.sluice.flow;

import dev.sluice.flow.internal.Components;
import dev.sluice.flow.internal.ConfigFile;
import dev.sluice.flow.internal.PipelineIndex;
import dev.sluice.flow.internal.WeightLayout;
import dev.sluice.flow.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a model's folder holds, read from its configurations and the headers of its weight files; no weight is loaded.
 *
 * @param folder the folder
 * @param pipeline the pipeline's class, empty for a single component
 * @param components in the order of the index
 */
public record ModelInspection(Path folder, Optional<String> pipeline, List<Component> components) {
    /** The files of components without weights, and the key under which each has its class. */
    private static final List<Map.Entry<String, String>> SETTINGS = List.of(
            Map.entry("scheduler_config.json", "_class_name"),
            Map.entry("tokenizer_config.json", "tokenizer_class"),
            Map.entry("preprocessor_config.json", "image_processor_type"));

    private static final List<Family> FAMILIES = List.of(
            new Family("StableDiffusion3Pipeline", "Stable Diffusion 3 and 3.5", "text to image"),
            new Family("FluxPipeline", "FLUX.1 dev and schnell", "text to image"),
            new Family("WanPipeline", "Wan 2.1; 2.2 with two transformers", "text to video"),
            new Family("WanImageToVideoPipeline", "Wan 2.1; 2.2 with two transformers", "picture and text to video"),
            new Family("VelocityPipeline", "any other, as a TorchScript or ONNX file", "what it was made for"));

    public ModelInspection {
        components = List.copyOf(components);
    }

    /**
     * A component.
     *
     * @param name its folder's name
     * @param architecture its class
     * @param parametersByType number of scalars stored in each type; empty for one without weights
     * @param idleByType how many of these make no page of a mapped file come to memory, or only a few, while samples are made: what the
     *     architecture does not use, vocabularies, what encodes pictures for a model that starts without one
     * @param bytes size of all its tensors as stored
     * @param unused tensors in the files that the architecture does not use
     * @param fault why it cannot be used here: an unknown architecture, a missing tensor, a wrong shape
     */
    public record Component(
            String name,
            String architecture,
            Map<StoredType, Long> parametersByType,
            Map<StoredType, Long> idleByType,
            long bytes,
            int unused,
            Optional<String> fault) {
        public Component {
            parametersByType = copy(parametersByType);
            idleByType = copy(idleByType);
        }

        private static Map<StoredType, Long> copy(Map<StoredType, Long> counts) {
            Map<StoredType, Long> copy = new EnumMap<>(StoredType.class);
            copy.putAll(counts);
            return Collections.unmodifiableMap(copy);
        }

        /** Returns the number of scalars. */
        public long parameters() {
            return parametersByType.values().stream().mapToLong(Long::longValue).sum();
        }

        /** Returns the memory its weights take once samples have been made, held in a precision, in bytes. */
        public long workingBytes(Precision precision) {
            return precision.bytes() * (parameters() - idleByType.getOrDefault(StoredType.of(precision), 0L));
        }

        /** Returns the memory its weights take once loaded, in bytes: float32 each. */
        public long memoryBytes() {
            return 4 * parameters();
        }
    }

    /**
     * A family of models that is known.
     *
     * @param pipeline the class in {@code model_index.json}
     * @param name what its makers call it
     * @param makes what it makes of what
     */
    public record Family(String pipeline, String name, String makes) {}

    /** Returns the families that are known. */
    public static List<Family> families() {
        return FAMILIES;
    }

    /** Returns whether every component can be used and the pipeline is of a known family. */
    public boolean usable() {
        return components.stream().allMatch(component -> component.fault().isEmpty())
                && pipeline.map(found -> FAMILIES.stream().anyMatch(family -> family.pipeline.equals(found)))
                        .orElse(true);
    }

    /** Returns the number of scalars of all components. */
    public long parameters() {
        return components.stream().mapToLong(Component::parameters).sum();
    }

    /** Returns the stored size of all components in bytes. */
    public long bytes() {
        return components.stream().mapToLong(Component::bytes).sum();
    }

    /** Returns the memory that all weights take once loaded, in bytes. */
    public long memoryBytes() {
        return components.stream().mapToLong(Component::memoryBytes).sum();
    }

    /**
     * Reads a pipeline's folder or a component's.
     *
     * @throws IOException if it is neither, or a file is missing or broken
     */
    public static ModelInspection of(Path folder) throws IOException {
        if (!Files.exists(folder.resolve("model_index.json")) && Files.exists(folder.resolve("config.json"))) {
            return new ModelInspection(folder, Optional.empty(), List.of(component(name(folder), folder, true)));
        }
        PipelineIndex index = PipelineIndex.read(folder);
        List<Component> components = new ArrayList<>();
        for (String name : index.components()) {
            components.add(component(name, index.folder(name), index.startsFromPicture()));
        }
        return new ModelInspection(folder, Optional.of(index.className()), components);
    }

    private static String name(Path folder) {
        return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
    }

    /**
     * @param encodes whether pictures are encoded to make a sample
     */
    private static Component component(String name, Path folder, boolean encodes) throws IOException {
        for (Map.Entry<String, String> settings : SETTINGS) {
            if (Files.exists(folder.resolve(settings.getKey()))) {
                String type = ConfigFile.read(folder.resolve(settings.getKey())).text(settings.getValue(), "unknown");
                return new Component(name, type, Map.of(), Map.of(), 0, 0, Optional.empty());
            }
        }
        if (!Files.exists(folder.resolve("config.json"))) {
            return new Component(
                    name, "unknown", Map.of(), Map.of(), 0, 0, Optional.of(folder + " has no config.json."));
        }
        ConfigFile config = Components.config(folder);
        if (config.text("_class_name", "").equals(Components.VELOCITY)) {
            return file(name, folder, config);
        }
        try (WeightFiles files = WeightFiles.open(folder)) {
            Map<StoredType, Long> parameters = new EnumMap<>(StoredType.class);
            Map<StoredType, Long> idle = new EnumMap<>(StoredType.class);
            for (String tensor : files.names()) {
                parameters.merge(files.dtype(tensor), files.shape(tensor).size(), Long::sum);
            }
            int unused = 0;
            Optional<String> fault = Optional.empty();
            try {
                WeightLayout layout = Components.layout(config, files);
                unused = (int) files.names().stream()
                        .filter(tensor -> !layout.shapes().containsKey(tensor))
                        .count();
                for (String tensor : files.names()) {
                    boolean encoder = !encodes && Components.encodesPictures(config, tensor);
                    if (!layout.shapes().containsKey(tensor)
                            || files.mapped(tensor) && (encoder || layout.isVocabulary(tensor))) {
                        idle.merge(files.dtype(tensor), files.shape(tensor).size(), Long::sum);
                    }
                }
                layout.check(Components.architecture(config), files);
            } catch (IOException e) {
                fault = Optional.of(e.getMessage());
            }
            return new Component(name, Components.architecture(config), parameters, idle, files.bytes(), unused, fault);
        }
    }

    /** A model of any architecture: a TorchScript file with its weights beside it, or an ONNX file that holds them. */
    private static Component file(String name, Path folder, ConfigFile config) throws IOException {
        Path code = folder.resolve(config.text("file", "velocity.pt"));
        Optional<String> fault = Files.exists(code) ? Optional.empty() : Optional.of(code + " is not there.");
        Map<StoredType, Long> parameters = new EnumMap<>(StoredType.class);
        long bytes = Files.exists(code) ? Files.size(code) : 0;
        if (!code.toString().endsWith(".onnx")) {
            try (WeightFiles files = WeightFiles.open(folder)) {
                for (String tensor : files.names()) {
                    parameters.merge(files.dtype(tensor), files.shape(tensor).size(), Long::sum);
                }
                bytes += files.bytes();
            }
        }
        return new Component(name, Components.VELOCITY, parameters, Map.of(), bytes, 0, fault);
    }
}
