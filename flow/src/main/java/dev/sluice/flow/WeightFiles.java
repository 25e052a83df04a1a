package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The weights of one network: a single safetensors file, or the shards that a {@code *.safetensors.index.json} lists.
 * Nothing is ever unpickled.
 */
public final class WeightFiles implements AutoCloseable {
    private static final String INDEX = ".safetensors.index.json";
    private static final String SINGLE = ".safetensors";
    private static final List<String> PICKLED = List.of(".bin", ".pt", ".pth", ".ckpt", ".pkl");
    private static final List<String> STEMS =
            List.of("diffusion_pytorch_model", "model", "adapter_model", "pytorch_lora_weights");

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final Path path;
    private final Collection<SafetensorsFile> files;
    private final Map<String, SafetensorsFile> byName;

    private WeightFiles(Path path, Collection<SafetensorsFile> files, Map<String, SafetensorsFile> byName) {
        this.path = path;
        this.files = files;
        this.byName = byName;
    }

    /**
     * Opens a component's weights.
     *
     * @param path a safetensors file, an index of shards, or a folder that holds one of them
     * @throws IOException if there are none or they are invalid; the message is one sentence and what to do
     */
    public static WeightFiles open(Path path) throws IOException {
        Path found = Files.isDirectory(path) ? inFolder(path) : path;
        String name = found.getFileName().toString();
        if (PICKLED.stream().anyMatch(name::endsWith)) {
            throw pickled(found);
        }
        if (name.endsWith(INDEX)) {
            return sharded(found);
        }
        SafetensorsFile file = SafetensorsFile.open(found);
        Map<String, SafetensorsFile> byName = new TreeMap<>();
        file.names().forEach(tensor -> byName.put(tensor, file));
        return new WeightFiles(found, List.of(file), byName);
    }

    /** Returns whether a file's name is that of a pickled checkpoint. */
    static boolean isPickled(String name) {
        return PICKLED.stream().anyMatch(name::endsWith);
    }

    /** Returns the file or index of a folder's weights; pickled ones and none are refused as by {@link #open}. */
    static Path fileOf(Path folder) throws IOException {
        return inFolder(folder);
    }

    private static Path inFolder(Path folder) throws IOException {
        for (String stem : STEMS) {
            for (String end : List.of(INDEX, SINGLE)) {
                Path candidate = folder.resolve(stem + end);
                if (Files.exists(candidate)) {
                    return candidate;
                }
            }
        }
        List<Path> all;
        try (Stream<Path> children = Files.list(folder)) {
            all = children.sorted().toList();
        }
        for (String end : List.of(INDEX, SINGLE)) {
            List<Path> matching = all.stream()
                    .filter(p -> p.getFileName().toString().endsWith(end))
                    .toList();
            if (matching.size() == 1) {
                return matching.get(0);
            }
            if (matching.size() > 1) {
                throw new IOException("%s has several weight files (%s and %s among them).%nMaybe name the one to use."
                        .formatted(
                                folder,
                                matching.get(0).getFileName(),
                                matching.get(1).getFileName()));
            }
        }
        for (Path file : all) {
            if (PICKLED.stream().anyMatch(file.getFileName().toString()::endsWith)) {
                throw pickled(file);
            }
        }
        throw new IOException(
                "%s has no weights; expected a .safetensors file or a .safetensors.index.json.".formatted(folder));
    }

    private static IOException pickled(Path file) {
        return new IOException("""
                %s is a pickled checkpoint, which can run code when it is read; expected a .safetensors file.
                Maybe convert it in Python: safetensors.torch.save_file(torch.load("%s", weights_only=True), \
                "model.safetensors").""".formatted(file, file.getFileName()));
    }

    private static WeightFiles sharded(Path index) throws IOException {
        Map<String, String> shardOf = shardOf(index);
        Map<String, SafetensorsFile> shards = new LinkedHashMap<>();
        Map<String, SafetensorsFile> byName = new TreeMap<>();
        WeightFiles weights = new WeightFiles(index, Collections.unmodifiableCollection(shards.values()), byName);
        try {
            for (Map.Entry<String, String> entry : shardOf.entrySet()) {
                SafetensorsFile shard = shards.get(entry.getValue());
                if (shard == null) {
                    shard = shard(index, entry.getValue());
                    shards.put(entry.getValue(), shard);
                }
                if (!shard.contains(entry.getKey())) {
                    throw new IOException("%s says that %s holds the tensor %s, but it does not."
                            .formatted(index, entry.getValue(), SafetensorsHeader.shown(entry.getKey())));
                }
                byName.put(entry.getKey(), shard);
            }
            return weights;
        } catch (IOException | RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    private static SafetensorsFile shard(Path index, String name) throws IOException {
        boolean plain = name.endsWith(SINGLE) && !name.contains("/") && !name.contains("\\") && !name.contains("\0");
        if (!plain) {
            throw new IOException("%s names the shard %s; expected the name of a .safetensors file in the same folder."
                    .formatted(index, SafetensorsHeader.shown(name)));
        }
        Path file = index.resolveSibling(name);
        if (!Files.exists(file)) {
            throw new IOException("%s names the shard %s, which is not there.".formatted(index, name));
        }
        return SafetensorsFile.open(file);
    }

    private static Map<String, String> shardOf(Path index) throws IOException {
        if (!Files.exists(index)) {
            throw new IOException("%s is not there.".formatted(index));
        }
        if (Files.size(index) > SafetensorsHeader.MAX_BYTES) {
            throw new IOException("%s has %s bytes; an index has at most %s."
                    .formatted(index, Files.size(index), SafetensorsHeader.MAX_BYTES));
        }
        JsonNode map;
        try {
            map = JSON.readTree(Files.readAllBytes(index)).path("weight_map");
        } catch (JacksonException e) {
            throw new IOException("%s is not valid JSON: %s.".formatted(index, e.getOriginalMessage()), e);
        }
        if (!map.isObject() || map.isEmpty()) {
            throw new IOException("%s has no weight_map from tensor names to shards.".formatted(index));
        }
        Map<String, String> shardOf = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            if (!entry.getValue().isString()) {
                throw new IOException("%s: weight_map.%s must be the name of a shard."
                        .formatted(index, SafetensorsHeader.shown(entry.getKey())));
            }
            shardOf.put(entry.getKey(), entry.getValue().stringValue());
        }
        return shardOf;
    }

    /** Returns the file or index that was opened. */
    public Path path() {
        return path;
    }

    /** Returns the names of all tensors, sorted. */
    public Set<String> names() {
        return Collections.unmodifiableSet(byName.keySet());
    }

    /** Returns whether there is a tensor of that name. */
    public boolean contains(String name) {
        return byName.containsKey(name);
    }

    /** Returns the shape of a tensor. */
    public Shape shape(String name) throws IOException {
        return file(name).shape(name);
    }

    /** Returns the element type of a tensor. */
    public StoredType dtype(String name) throws IOException {
        return file(name).dtype(name);
    }

    /** Returns whether a tensor that is wanted as it is stored comes as pages of its file, which take memory when they are used. */
    public boolean mapped(String name) throws IOException {
        return file(name).mapped(name);
    }

    /** Returns the number of bytes of all tensors. */
    public long bytes() throws IOException {
        long bytes = 0;
        for (String name : names()) {
            bytes += file(name).bytes(name);
        }
        return bytes;
    }

    /** Returns the texts under {@code __metadata__} of all files. */
    public Map<String, String> metadata() {
        Map<String, String> metadata = new TreeMap<>();
        files.forEach(file -> metadata.putAll(file.metadata()));
        return metadata;
    }

    /** Reads a tensor; one of any floating type becomes float32. The result belongs to {@code manager}. */
    public NDArray read(NDManager manager, String name) throws IOException {
        return file(name).read(manager, name);
    }

    /** Reads a tensor in the type it is stored in; see {@link SafetensorsFile#readStored}. */
    public NDArray readStored(NDManager manager, String name) throws IOException {
        return file(name).readStored(manager, name);
    }

    /** Writes a tensor's bytes as they are stored to the end of another file. */
    void copy(String name, FileChannel target) throws IOException {
        file(name).copy(name, target);
    }

    /** Reads a tensor of one element, without the tensor engine. */
    double number(String name) throws IOException {
        float[] values = file(name).floats(name);
        if (values.length != 1) {
            throw new IOException(
                    "%s: tensor %s has shape %s; expected a single number.".formatted(path, name, shape(name)));
        }
        return values[0];
    }

    /** Reads all tensors, floating ones as float32, in the order of their names. The arrays belong to {@code manager}. */
    public Weights load(NDManager manager) throws IOException {
        return load(manager, Precision.FLOAT32);
    }

    /** Reads all tensors, floating ones in a precision, in the order of their names. The arrays belong to {@code manager}. */
    public Weights load(NDManager manager, Precision precision) throws IOException {
        Weights weights = new Weights(manager);
        try {
            for (String name : names()) {
                weights.put(name, file(name).read(manager, name, precision));
            }
            return weights;
        } catch (IOException | RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    private SafetensorsFile file(String name) throws IOException {
        SafetensorsFile file = byName.get(name);
        if (file == null) {
            throw new IOException("%s has no tensor named %s.".formatted(path, name));
        }
        return file;
    }

    @Override
    public void close() throws IOException {
        for (SafetensorsFile file : new ArrayList<>(files)) {
            file.close();
        }
    }
}
