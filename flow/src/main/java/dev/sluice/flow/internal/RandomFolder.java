package dev.sluice.flow.internal;

import dev.sluice.flow.RandomModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A model's folder in diffusers' layout with random weights, made of the configurations among the resources. */
public final class RandomFolder {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int CLIP_START = 49406;
    private static final int CLIP_TOKENS = 77;
    private static final int T5_TOKENS = 512;

    private final String family;
    private final Path folder;
    private final RandomModel.Options options;
    private final RandomTensors tensors;

    private RandomFolder(String family, Path folder, RandomModel.Options options) {
        this.family = family;
        this.folder = folder;
        this.options = options;
        this.tensors = new RandomTensors(options.seed());
    }

    /** Writes all files into an empty folder; returns the bytes of the weights. */
    public static long write(String family, Path folder, RandomModel.Options options, RandomModel.Listener listener)
            throws IOException {
        return new RandomFolder(family, folder, options).write(listener);
    }

    private long write(RandomModel.Listener listener) throws IOException {
        ObjectNode index = (ObjectNode) resource("model_index.json");
        List<String> components = new ArrayList<>(index.propertyNames());
        components.removeIf(name -> name.startsWith("_"));
        for (String left : options.without()) {
            if (!components.contains(left) || left.equals("transformer") || left.equals("scheduler")) {
                throw new IllegalArgumentException("The component (%s) must be one of %s that a model can do without."
                        .formatted(left, components));
            }
            List<String> gone = List.of(left, left.replace("text_encoder", "tokenizer"));
            gone.forEach(index::remove);
            components.removeAll(gone);
        }
        Files.writeString(folder.resolve("model_index.json"), text(index));
        long[] bytes = {0};
        for (String component : components) {
            Path place = Files.createDirectory(folder.resolve(component));
            if (component.startsWith("tokenizer")) {
                tokenizer(place, index.path(component).path(1).stringValue(""));
            } else if (component.equals("scheduler")) {
                settings(place, component, "scheduler_config.json");
            } else if (component.equals("image_processor")) {
                settings(place, component, "preprocessor_config.json");
            } else {
                network(component, place, written -> {
                    bytes[0] += written;
                    listener.progress(component, bytes[0]);
                });
            }
        }
        return bytes[0];
    }

    private void settings(Path place, String component, String file) throws IOException {
        Files.writeString(place.resolve(file), text(resource(component + "/" + file)));
    }

    private void network(String component, Path place, LongConsumer written) throws IOException {
        ObjectNode sizes = (ObjectNode) resource(component + "/config.json");
        if (component.equals("transformer")) {
            fewer(sizes, options.blocks(), "num_layers", "num_single_layers");
        } else if (component.startsWith("text_encoder")) {
            fewer(sizes, options.textBlocks(), "num_layers", "num_hidden_layers");
        }
        Files.writeString(place.resolve("config.json"), text(sizes));
        WeightLayout layout = Components.layout(Components.config(place), name -> name.equals("shared.weight"));
        String stem = component.contains("_encoder") ? "model" : "diffusion_pytorch_model";
        tensors.write(place, stem, layout, options.shardBytes(), written::accept);
    }

    private static void fewer(ObjectNode sizes, int blocks, String... keys) {
        for (String key : keys) {
            if (blocks > 0 && sizes.has(key)) {
                sizes.put(key, Math.min(blocks, sizes.path(key).intValue()));
            }
        }
        if (blocks > 0 && sizes.has("dual_attention_layers")) {
            ArrayNode kept = JSON.createArrayNode();
            for (JsonNode layer : sizes.path("dual_attention_layers")) {
                if (layer.intValue() < blocks) {
                    kept.add(layer.intValue());
                }
            }
            sizes.set("dual_attention_layers", kept);
        }
    }

    /** A tokenizer of the real one's form; CLIP's knows single bytes, T5's a few words. */
    private static void tokenizer(Path place, String type) throws IOException {
        if (!type.startsWith("CLIP")) {
            Files.writeString(
                    place.resolve("tokenizer.json"),
                    WordTokenizer.tokenizerJson(
                            List.of("a", "an", "and", "blue", "circle", "of", "red", "square", "the")));
            Files.writeString(place.resolve("tokenizer_config.json"), WordTokenizer.configJson(T5_TOKENS));
            return;
        }
        ObjectNode vocabulary = JSON.createObjectNode();
        for (String end : new String[] {"", "</w>"}) {
            for (char letter = '!'; letter <= '~'; letter++) {
                vocabulary.put(letter + end, vocabulary.size());
            }
        }
        vocabulary.put("<|startoftext|>", CLIP_START).put("<|endoftext|>", CLIP_START + 1);
        Files.writeString(place.resolve("vocab.json"), text(vocabulary));
        Files.writeString(place.resolve("merges.txt"), "#version: 0.2\n");
        Files.writeString(
                place.resolve("tokenizer_config.json"),
                text(JSON.valueToTree(Map.of("model_max_length", CLIP_TOKENS, "tokenizer_class", "CLIPTokenizer"))));
    }

    private JsonNode resource(String name) throws IOException {
        String path = "families/%s/%s".formatted(family, name);
        try (InputStream in = RandomFolder.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IOException("The resource %s is not there.".formatted(path));
            }
            return JSON.readTree(in.readAllBytes());
        }
    }

    private static String text(JsonNode json) {
        return json.toPrettyString() + "\n";
    }
}
