package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.internal.AdapterSettings;
import dev.sluice.flow.internal.AdapterTensor;
import dev.sluice.flow.internal.AdapterTensor.Part;
import dev.sluice.flow.internal.ConfigFile;
import dev.sluice.flow.internal.WanExperts;
import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the header and the settings of an adapter's file say.
 *
 * @param options what is adapted and how
 * @param layers the adapted layers by their names
 */
record AdapterReader(LoraAdapter.Options options, Map<String, Layer> layers) {
    /** The entry of diffusers' metadata that holds PEFT's settings. */
    static final String METADATA = "lora_adapter_metadata";

    /**
     * An adapted layer.
     *
     * @param files where its tensors are
     * @param rank r
     * @param scale what B·A is multiplied by
     * @param in features that go in
     * @param out features that come out
     * @param lengths whether its rows have lengths of their own (DoRA)
     * @param names its tensors in the file
     */
    record Layer(
            WeightFiles files, int rank, double scale, long in, long out, boolean lengths, Map<Part, String> names) {
        /** Reads one of its tensors; it belongs to {@code owner}. */
        NDArray read(NDManager owner, Part part) throws IOException {
            return files.read(owner, names.get(part));
        }
    }

    /** Returns the file of an adapter, given it or its folder. */
    static Path file(Path path) throws IOException {
        if (Files.isRegularFile(path)) {
            return path;
        }
        if (!Files.isDirectory(path)) {
            throw new IOException("%s is not there; expected an adapter's folder or file.".formatted(path));
        }
        if (Files.exists(path.resolve(AdapterFolder.CONFIG))) {
            Path weights = path.resolve(AdapterFolder.WEIGHTS);
            // Where it is not there, a pickled one is refused with the way out.
            return Files.exists(weights) ? weights : WeightFiles.fileOf(path);
        }
        Path weights = path.resolve(StoredAdapter.DIFFUSERS);
        if (Files.exists(weights)) {
            return weights;
        }
        if (Files.exists(path.resolve("model_index.json")) || Files.exists(path.resolve("config.json"))) {
            throw new IOException("%s is a model, not an adapter.".formatted(path));
        }
        if (Files.exists(path.resolve(AdapterFolder.WEIGHTS))) {
            throw new IOException("%s is not there.".formatted(path.resolve(AdapterFolder.CONFIG)));
        }
        return WeightFiles.fileOf(path);
    }

    /**
     * Reads what an adapter adapts and how.
     *
     * @param own PEFT's settings beside the file; else they may be in its metadata
     */
    static AdapterReader read(WeightFiles files, Optional<AdapterSettings> own) throws IOException {
        Map<String, Map<Part, String>> named = new TreeMap<>();
        for (String name : files.names()) {
            AdapterTensor tensor = AdapterTensor.of(files.path(), name);
            String twice = named.computeIfAbsent(tensor.layer(), key -> new EnumMap<>(Part.class))
                    .put(tensor.part(), name);
            if (twice != null) {
                throw new IOException("%s has both %s and %s; expected one.".formatted(files.path(), twice, name));
            }
        }
        if (named.isEmpty()) {
            throw new IOException("%s has no tensors.".formatted(files.path()));
        }
        Optional<AdapterSettings> settings = own.isPresent() ? own : inMetadata(files);
        Map<String, Layer> layers = new LinkedHashMap<>();
        for (Map.Entry<String, Map<Part, String>> entry : named.entrySet()) {
            layers.put(entry.getKey(), layer(files, entry.getKey(), entry.getValue(), settings));
        }
        return new AdapterReader(options(layers, settings), layers);
    }

    /** Returns this as what adapts the second network of a pair, whatever the file calls it. */
    AdapterReader ofSecond() {
        Map<String, Layer> named = new LinkedHashMap<>();
        layers.forEach((name, layer) ->
                named.put(name.startsWith(WanExperts.SECOND) ? name : WanExperts.SECOND + name, layer));
        return new AdapterReader(options(named), named);
    }

    /**
     * Returns this with the layers of another file beside its own.
     *
     * @throws IOException if both have a layer
     */
    AdapterReader with(AdapterReader other) throws IOException {
        Map<String, Layer> all = new LinkedHashMap<>(layers);
        for (Map.Entry<String, Layer> entry : other.layers.entrySet()) {
            Layer twice = all.put(entry.getKey(), entry.getValue());
            if (twice != null) {
                throw new IOException("%s and %s both adapt %s; expected one."
                        .formatted(
                                twice.files().path(), entry.getValue().files().path(), entry.getKey()));
            }
        }
        return new AdapterReader(options(all), all);
    }

    /** Diffusers' settings have the name of the component before them; a second one has the first one's. */
    private static Optional<AdapterSettings> inMetadata(WeightFiles files) throws IOException {
        String json = files.metadata().get(METADATA);
        if (json == null) {
            return Optional.empty();
        }
        for (String prefix : List.of("transformer.", "transformer_2.")) {
            ConfigFile config = ConfigFile.of(files.path(), json, prefix);
            if (config.has("r")) {
                return Optional.of(AdapterSettings.of(config));
            }
        }
        return Optional.empty();
    }

    private static Layer layer(
            WeightFiles files, String name, Map<Part, String> names, Optional<AdapterSettings> settings)
            throws IOException {
        for (Part part : List.of(Part.A, Part.B)) {
            if (!names.containsKey(part)) {
                throw new IOException("%s has no %s of %s, but %s."
                        .formatted(
                                files.path(),
                                part,
                                name,
                                names.values().iterator().next()));
            }
        }
        Shape a = files.shape(names.get(Part.A));
        Shape b = files.shape(names.get(Part.B));
        boolean fit = a.dimension() == 2 && b.dimension() == 2 && a.get(0) == b.get(1) && a.get(0) > 0;
        if (!fit) {
            throw new IOException(
                    "%s: A and B of %s have shapes %s and %s; only linear layers, (r, in) and (out, r), can be adapted."
                            .formatted(files.path(), name, a, b));
        }
        int rank = Math.toIntExact(a.get(0));
        long out = b.get(0);
        String lengths = names.get(Part.LENGTHS);
        if (lengths != null && files.shape(lengths).size() != out) {
            throw new IOException("%s: tensor %s has shape %s; expected (%s)."
                    .formatted(files.path(), lengths, files.shape(lengths), out));
        }
        double scale = scale(files, name, names, rank, settings);
        return new Layer(files, rank, scale, a.get(1), out, lengths != null, Map.copyOf(names));
    }

    private static double scale(
            WeightFiles files, String name, Map<Part, String> names, int rank, Optional<AdapterSettings> settings)
            throws IOException {
        if (settings.isPresent()) {
            LoraAdapter.Options options = options(settings.get(), List.of(name));
            if (options.rank(name) != rank) {
                throw new IOException("%s says that %s has the rank %s, but %s has %s."
                        .formatted(settings.get().path(), name, options.rank(name), files.path(), rank));
            }
            if (!names.containsKey(Part.ALPHA)) {
                return options.scale(name);
            }
        }
        if (!names.containsKey(Part.ALPHA)) {
            return 1;
        }
        double alpha = files.number(names.get(Part.ALPHA));
        Require.positive("alpha of " + name, alpha);
        return alpha / rank;
    }

    private static LoraAdapter.Options options(AdapterSettings settings, List<String> layers) {
        List<String> targets = settings.targets().isEmpty() ? layers : settings.targets();
        return new LoraAdapter.Options(
                settings.rank(), settings.alpha(), targets, settings.ranks(), settings.alphas(), settings.rootScaled());
    }

    private static LoraAdapter.Options options(Map<String, Layer> layers, Optional<AdapterSettings> settings) {
        boolean said = settings.isPresent()
                && layers.values().stream().noneMatch(layer -> layer.names().containsKey(Part.ALPHA));
        return said ? options(settings.get(), List.copyOf(layers.keySet())) : options(layers);
    }

    /** Most adapters have one rank and one alpha; where they differ, each layer is named, whole. */
    static LoraAdapter.Options options(Map<String, Layer> layers) {
        Layer first = layers.values().iterator().next();
        double alpha = first.scale() * first.rank();
        Map<String, Integer> ranks = new LinkedHashMap<>();
        Map<String, Double> alphas = new LinkedHashMap<>();
        layers.forEach((name, layer) -> {
            // Without the ^ it would stand for every layer whose name ends so, such as one of a second network.
            if (layer.rank() != first.rank()) {
                ranks.put("^" + name, layer.rank());
            }
            if (layer.scale() * layer.rank() != alpha) {
                alphas.put("^" + name, layer.scale() * layer.rank());
            }
        });
        return new LoraAdapter.Options(first.rank(), alpha, List.copyOf(layers.keySet()), ranks, alphas, false);
    }
}
