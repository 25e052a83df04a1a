package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.internal.AdapterSettings;
import dev.sluice.flow.internal.AdapterTensor.Part;
import dev.sluice.flow.internal.ConfigFile;
import dev.sluice.flow.internal.PipelineIndex;
import dev.sluice.flow.internal.WanExperts;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A LoRA or DoRA adapter in its file, memory-mapped: PEFT's folder ({@code adapter_config.json} and
 * {@code adapter_model.safetensors}), or diffusers' {@code pytorch_lora_weights.safetensors}, whose settings are in the file's
 * metadata, in {@code alpha} tensors, or left out (alpha is then the rank). A pair of networks has a file for each in diffusers' form,
 * or one file in which the layers of the second are under {@code transformer_2.}. What it adapts and how is checked when it is opened.
 *
 * <p>Source: PEFT's checkpoint format; diffusers, {@code loaders/lora_pipeline.py}.
 */
public final class StoredAdapter implements AutoCloseable {
    /** The file that {@code load_lora_weights} of a diffusers pipeline looks for. */
    public static final String DIFFUSERS = "pytorch_lora_weights.safetensors";

    /**
     * The file of the second network of a pair, named as that of a single network would be: {@code load_lora_weights} takes it with
     * {@code load_into_transformer_2=True}.
     */
    public static final String DIFFUSERS_SECOND = "pytorch_lora_weights_2.safetensors";

    private final List<WeightFiles> files;
    private final LoraAdapter.Options options;
    private final Map<String, AdapterReader.Layer> layers;

    private StoredAdapter(
            List<WeightFiles> files, LoraAdapter.Options options, Map<String, AdapterReader.Layer> layers) {
        this.files = files;
        this.options = options;
        this.layers = Collections.unmodifiableMap(layers);
    }

    /**
     * Opens an adapter.
     *
     * @param path a folder or a safetensors file
     * @throws IOException if there is none, or it is broken or of a kind that is not understood; the message is one sentence
     */
    public static StoredAdapter open(Path path) throws IOException {
        Path file = AdapterReader.file(path);
        List<WeightFiles> files = new ArrayList<>();
        try {
            files.add(WeightFiles.open(file));
            AdapterReader reader = read(files.get(0));
            Path second = file.resolveSibling(DIFFUSERS_SECOND);
            if (Files.isDirectory(path) && isNamed(file, DIFFUSERS) && Files.exists(second)) {
                files.add(WeightFiles.open(second));
                reader = reader.with(read(files.get(1)));
            }
            return new StoredAdapter(List.copyOf(files), reader.options(), reader.layers());
        } catch (IOException | RuntimeException | Error e) {
            closeAll(files);
            throw e;
        }
    }

    private static AdapterReader read(WeightFiles files) throws IOException {
        Path file = files.path();
        Path config = file.resolveSibling(AdapterFolder.CONFIG);
        boolean peft = Files.exists(config) && isNamed(file, AdapterFolder.WEIGHTS);
        Optional<AdapterSettings> own =
                peft ? Optional.of(AdapterSettings.of(ConfigFile.read(config))) : Optional.empty();
        try {
            AdapterReader reader = AdapterReader.read(files, own);
            return isNamed(file, DIFFUSERS_SECOND) ? reader.ofSecond() : reader;
        } catch (IllegalArgumentException e) {
            throw new IOException("%s: %s".formatted(peft ? config : file, e.getMessage()), e);
        }
    }

    private static boolean isNamed(Path file, String name) {
        return file.getFileName().toString().equals(name);
    }

    /** Returns the file; the first one of two. */
    public Path path() {
        return files.get(0).path();
    }

    /** Returns what is adapted and how. */
    public LoraAdapter.Options options() {
        return options;
    }

    /** Returns the names of the adapted layers, sorted. */
    public List<String> layers() {
        return List.copyOf(layers.keySet());
    }

    /** Returns the number of scalars of A and B of all layers. */
    public long parameters() {
        return layers.values().stream()
                .mapToLong(layer -> layer.rank() * (layer.in() + layer.out()))
                .sum();
    }

    /** Returns the layers of the first or of the second network of a pair, by their names in it; a single network is a first one. */
    Map<String, AdapterReader.Layer> layersOf(boolean second) {
        Map<String, AdapterReader.Layer> own = new LinkedHashMap<>();
        layers.forEach((name, layer) -> {
            if (name.startsWith(WanExperts.SECOND) == second) {
                own.put(second ? name.substring(WanExperts.SECOND.length()) : name, layer);
            }
        });
        return own;
    }

    /** Returns whether it adapts a layer. */
    boolean adapts(String layer) {
        return layers.containsKey(layer);
    }

    /** Returns whether rows have lengths of their own (DoRA); such an adapter can be merged, but not trained. */
    public boolean dora() {
        return layers.values().stream().anyMatch(AdapterReader.Layer::lengths);
    }

    /**
     * Checks that it fits a model, before any weight is read.
     *
     * @param model a folder in diffusers' layout
     * @throws IOException if a layer is missing there or has another shape; or if the model cannot be read
     */
    public void requireFits(Path model) throws IOException {
        PipelineIndex index = PipelineIndex.read(model);
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (String component : List.of("transformer", "transformer_2")) {
            if (index.has(component)) {
                String prefix = component.equals("transformer") ? "" : component + ".";
                try (WeightFiles weights = WeightFiles.open(index.folder(component))) {
                    for (String name : weights.names()) {
                        shapes.put(prefix + name, weights.shape(name));
                    }
                }
            }
        }
        requireFits(shapes::get, model.toString());
    }

    /** Checks that it fits weights. */
    void requireFits(Weights weights) throws IOException {
        requireFits(name -> weights.contains(name) ? weights.get(name).getShape() : null, "the model");
    }

    private void requireFits(Function<String, Shape> shapes, String model) throws IOException {
        for (Map.Entry<String, AdapterReader.Layer> entry : layers.entrySet()) {
            Shape found = shapes.apply(entry.getKey() + ".weight");
            Shape needed = new Shape(entry.getValue().out(), entry.getValue().in());
            if (found == null) {
                throw new IOException("%s does not fit the model: it adapts %s, which is no layer of %s."
                        .formatted(path(), entry.getKey(), model));
            }
            if (!found.equals(needed)) {
                throw new IOException(
                        "%s does not fit the model: it adapts %s of shape %s, which has the shape %s in %s."
                                .formatted(path(), entry.getKey(), needed, found, model));
            }
        }
    }

    /**
     * Adds it to weights in place: W + weight·scale·B·A. The same with the weight negated takes a LoRA adapter out again, but for
     * rounding; {@link AdapterStack} does so exactly.
     *
     * @param weights live weights of the network
     * @param weight 1 is the adapter as it was trained
     * @throws IOException if it does not fit, or cannot be read
     */
    public void merge(Weights weights, double weight) throws IOException {
        requireFits(weights);
        for (String layer : layers()) {
            NDArray target = weights.get(layer + ".weight");
            mergeLayer(layer, target, target, weight);
        }
    }

    /** Writes base + weight·scale·B·A of one layer into {@code target}, which may be the base itself. */
    void mergeLayer(String name, NDArray target, NDArray base, double weight) throws IOException {
        AdapterReader.Layer layer = layers.get(name);
        try (NDManager scratch = target.getManager().newSubManager()) {
            NDArray a = layer.read(scratch, Part.A);
            NDArray b = layer.read(scratch, Part.B);
            if (layer.lengths()) {
                NDArray lengths = layer.read(scratch, Part.LENGTHS).flatten();
                InPlace.foldDora(target, base, a, b, weight * layer.scale(), lengths);
            } else {
                InPlace.foldLowRank(target, base, a, b, weight * layer.scale());
            }
        }
    }

    /**
     * Returns it as an adapter that can be trained on; the weights stay as they are until {@link LoraAdapter#fold()}.
     *
     * @param owner the adapter's arrays live in a child of it
     * @param weights live weights of the network
     * @throws IOException if it does not fit, or is no plain LoRA
     */
    public LoraAdapter trainable(NDManager owner, Weights weights) throws IOException {
        if (dora()) {
            throw new IOException("%s is a DoRA adapter, which can be used but not trained.".formatted(path()));
        }
        requireFits(weights);
        try (NDManager scratch = owner.newSubManager()) {
            Map<String, NDArray> values = values(scratch);
            LoraAdapter adapter = new LoraAdapter(owner, weights, options, NoiseSource.of(0));
            try {
                adapter.load(values);
                return adapter;
            } catch (RuntimeException | Error e) {
                adapter.close();
                throw e;
            }
        } catch (IllegalArgumentException e) {
            throw new IOException("%s does not fit the model: %s".formatted(path(), e.getMessage()), e);
        }
    }

    /** Returns A and B of every layer by the names that {@link LoraAdapter#parameters()} gives them. */
    Map<String, NDArray> values(NDManager owner) throws IOException {
        Map<String, NDArray> values = new LinkedHashMap<>();
        try (Torch.Scope off = Torch.noGradient()) {
            for (Map.Entry<String, AdapterReader.Layer> entry : layers.entrySet()) {
                values.put(LoraAdapter.nameOfA(entry.getKey()), entry.getValue().read(owner, Part.A));
                values.put(LoraAdapter.nameOfB(entry.getKey()), entry.getValue().read(owner, Part.B));
            }
        }
        return values;
    }

    @Override
    public void close() throws IOException {
        closeAll(files);
    }

    private static void closeAll(List<WeightFiles> files) throws IOException {
        for (WeightFiles file : files) {
            file.close();
        }
    }

    @Override
    public String toString() {
        return "StoredAdapter[" + path() + ", " + layers.size() + " layers]";
    }
}
