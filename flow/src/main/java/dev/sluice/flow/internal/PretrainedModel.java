package dev.sluice.flow.internal;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.Pretraining;
import dev.sluice.flow.SafetensorsWriter;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Weights;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/** The networks that pretraining makes, and the folder it leaves: a family's transformer, its text encoder and a word tokenizer. */
public final class PretrainedModel implements AutoCloseable {
    /** Prefix of the transformer's weights among {@link #arrays()}. */
    public static final String TRANSFORMER = "transformer.";

    static final String LABELS = "labels.";
    private static final String TRANSFORMER_FILE = "transformer/diffusion_pytorch_model.safetensors";
    private static final int CHANNELS = PretrainedFamily.CHANNELS;

    private final Pretraining.Architecture architecture;
    private final PretrainedFamily family;
    private final Network transformer;
    private final int pixelLabels;
    private final T5Encoder encoder;
    private final Weights labels;
    private final String tokenizerJson;
    private final HuggingFaceTokenizer tokenizer;
    private final Map<String, long[]> tokens = new HashMap<>();

    private PretrainedModel(
            Pretraining.Architecture architecture,
            PretrainedFamily family,
            Network transformer,
            int pixelLabels,
            T5Encoder encoder,
            Weights labels,
            String tokenizerJson)
            throws IOException {
        this.architecture = architecture;
        this.family = family;
        this.transformer = transformer;
        this.pixelLabels = pixelLabels;
        this.encoder = encoder;
        this.labels = labels;
        this.tokenizerJson = tokenizerJson;
        this.tokenizer = HuggingFaceTokenizer.newInstance(
                new ByteArrayInputStream(tokenizerJson.getBytes(StandardCharsets.UTF_8)),
                Map.of(
                        "padding",
                        "max_length",
                        "truncation",
                        "true",
                        "maxLength",
                        Integer.toString(architecture.maxTokens()),
                        "modelMaxLength",
                        Integer.toString(architecture.maxTokens())));
    }

    /**
     * Returns a model with fresh weights that belong to {@code manager}.
     *
     * @param pixelLabels channels that the transformer predicts beside the velocity; an exported model lacks them
     * @param wordLabels numbers that are predicted from the text encoder's state of a word; likewise
     */
    public static PretrainedModel create(
            NDManager manager,
            Pretraining.Architecture a,
            int pixelLabels,
            int wordLabels,
            List<String> vocabulary,
            long seed) {
        T5Config t5 = new T5Config(
                WordTokenizer.SPECIAL_TOKENS + vocabulary.size(),
                a.textWidth(),
                a.textWidth() / a.textHeads(),
                2 * a.textWidth(),
                a.textLayers(),
                a.textHeads(),
                32,
                128,
                true);
        PretrainedFamily family = PretrainedFamily.of(a);
        Network transformer = family.transformer(manager, pixelLabels, NoiseSource.of(seed, 10));
        Weights t5Weights = T5Init.weights(manager, t5, family.tablePerBlock(), NoiseSource.of(seed, 11));
        Weights labelWeights = new Weights(manager);
        if (wordLabels > 0) {
            labelWeights.put("linear.weight", manager.zeros(new Shape(wordLabels, a.textWidth())));
            labelWeights.put("linear.bias", manager.zeros(new Shape(wordLabels)));
        }
        try {
            return new PretrainedModel(
                    a,
                    family,
                    transformer,
                    pixelLabels,
                    new T5Encoder(t5, t5Weights),
                    labelWeights,
                    WordTokenizer.tokenizerJson(vocabulary));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns all weights, live, by component and name. */
    public Map<String, NDArray> arrays() {
        Map<String, NDArray> all = new LinkedHashMap<>();
        transformer.weights().asMap().forEach((name, array) -> all.put(TRANSFORMER + name, array));
        encoder.weights().asMap().forEach((name, array) -> all.put(encoderPrefix() + name, array));
        labels.asMap().forEach((name, array) -> all.put(LABELS + name, array));
        return all;
    }

    private String encoderPrefix() {
        return family.textEncoder() + ".";
    }

    /** Returns whether an array of {@link #arrays()} is learned. */
    public boolean learned(String name) {
        return !name.startsWith(TRANSFORMER) || family.learned(name.substring(TRANSFORMER.length()));
    }

    /** Returns whether an array of {@link #arrays()} is a matrix between hidden states of the transformer. */
    public boolean hidden(String name, Shape shape) {
        return name.startsWith(TRANSFORMER) && family.hidden(name.substring(TRANSFORMER.length()), shape);
    }

    /** Returns the shape of a batch of latents, which are pixels. */
    public Shape latents(int batch) {
        return family.latents(batch);
    }

    /** Returns how many parts of a video, one after another, have noise levels of their own. */
    public int parts() {
        return family.parts();
    }

    /** Returns what the transformer is given of the clean latents, if it starts from a picture. */
    public List<NDArray> picture(NDArray clean) {
        return family.picture(clean);
    }

    /**
     * Returns the networks once more, with gradients of their own; the caller closes them.
     *
     * @param owner their arrays live in a child of it
     * @param trained which of {@link #arrays()} collect gradients
     */
    public PretrainedReplica replica(NDManager owner, Set<String> trained) {
        return new PretrainedReplica(owner, family, transformer, encoder, labels, trained);
    }

    /** Returns the token ids of captions, one row of maxTokens after another. */
    public long[] tokens(List<String> captions) {
        int length = architecture.maxTokens();
        long[] all = new long[captions.size() * length];
        for (int i = 0; i < captions.size(); i++) {
            long[] one = tokens.computeIfAbsent(captions.get(i), this::tokenize);
            System.arraycopy(one, 0, all, i * length, length);
        }
        return all;
    }

    private long[] tokenize(String caption) {
        Encoding encoding = tokenizer.encode(caption);
        return encoding.getIds();
    }

    /**
     * Takes the weights of a model folder of the same architecture and vocabulary.
     *
     * @throws IOException if a file is broken, lacks a tensor or was made for another vocabulary
     */
    public void load(Path folder) throws IOException {
        Path tokens = folder.resolve(tokenizerFile());
        if (!Files.isRegularFile(tokens)) {
            throw new IOException("%s is not there; expected a model folder that pretraining made.".formatted(tokens));
        }
        if (!Files.readString(tokens).equals(tokenizerJson)) {
            throw new IOException("%s has another vocabulary than this run; both must be the same.".formatted(tokens));
        }
        load(folder.resolve(TRANSFORMER_FILE), family.layout(), transformer.weights());
        load(
                folder.resolve(encoderFile()),
                encoder.config().layout("shared.weight", family.tablePerBlock()),
                encoder.weights());
    }

    private void load(Path file, WeightLayout layout, Weights weights) throws IOException {
        try (WeightFiles files = WeightFiles.open(file);
                NDManager scratch = weights.manager().newSubManager()) {
            layout.check("a model of this run's architecture", files);
            for (String name : weights.names()) {
                NDArray read = files.read(scratch, name);
                NDArray live = weights.get(name);
                InPlace.assign(live, isLast(name) ? withLabels(InPlace.copy(scratch, live), read) : read);
            }
        }
    }

    private String encoderFile() {
        return family.textEncoder() + "/model.safetensors";
    }

    private String tokenizerFile() {
        return family.tokenizer() + "/tokenizer.json";
    }

    private boolean isLast(String name) {
        return pixelLabels > 0 && name.startsWith("proj_out.");
    }

    /** Returns the last layer with the rows of {@code velocity} and those for labels of {@code all}, a scratch copy. */
    private NDArray withLabels(NDArray all, NDArray velocity) {
        NDArray labels = byPixel(all, CHANNELS + pixelLabels).get(new NDIndex(":, " + CHANNELS + ":"));
        return NDArrays.concat(new NDList(byPixel(velocity, CHANNELS), labels), 1)
                .reshape(all.getShape());
    }

    /** Returns the rows for the velocity of a scratch copy of the last layer. */
    private NDArray withoutLabels(NDArray all) {
        NDArray velocity = byPixel(all, CHANNELS + pixelLabels).get(new NDIndex(":, :" + CHANNELS));
        long[] shape = all.getShape().getShape().clone();
        shape[0] = velocity.getShape().get(0) * CHANNELS;
        return velocity.reshape(shape);
    }

    /** The last layer has a row for each channel of each pixel of a patch, the channels of a pixel together. */
    private static NDArray byPixel(NDArray layer, int channels) {
        return layer.reshape(layer.getShape().get(0) / channels, channels, -1);
    }

    /** Writes the folder, with these values in place of the live weights. */
    public void export(Path folder, Map<String, NDArray> values, Map<String, Object> madeBy) throws IOException {
        AtomicFiles.folder(folder, place -> {
            write(place.resolve("model_index.json"), family.modelIndex());
            write(place.resolve("made_by.json"), madeBy);
            write(place.resolve("scheduler/scheduler_config.json"), schedulerConfig());
            write(place.resolve("transformer/config.json"), family.transformerConfig());
            weights(place.resolve(TRANSFORMER_FILE), values, TRANSFORMER);
            write(place.resolve(family.textEncoder() + "/config.json"), encoderConfig());
            weights(place.resolve(encoderFile()), values, encoderPrefix());
            Files.createDirectories(place.resolve(family.tokenizer()));
            Files.writeString(place.resolve(tokenizerFile()), tokenizerJson);
            Files.writeString(
                    place.resolve(family.tokenizer() + "/tokenizer_config.json"),
                    WordTokenizer.configJson(architecture.maxTokens()));
        });
    }

    private void weights(Path file, Map<String, NDArray> values, String prefix) throws IOException {
        Map<String, NDArray> part = new LinkedHashMap<>();
        try (NDManager scratch = transformer.weights().manager().newSubManager()) {
            values.forEach((key, array) -> {
                if (key.startsWith(prefix)) {
                    String name = key.substring(prefix.length());
                    part.put(name, isLast(name) ? withoutLabels(InPlace.copy(scratch, array)) : array);
                }
            });
            SafetensorsWriter.write(file, part, Map.of("format", "pt"), SafetensorsWriter.Storage.FLOAT16);
        }
    }

    private static void write(Path file, Object json) throws IOException {
        Files.createDirectories(file.getParent());
        String text =
                JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(json);
        Files.writeString(file, text + "\n");
    }

    /**
     * What predicts the clean video errs as it likes at high levels, each frame in its own way, and an ODE carries the discord to the
     * end; with new noise in every step the frames come to agree.
     */
    private Map<String, Object> schedulerConfig() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("_class_name", "FlowMatchEulerDiscreteScheduler");
        json.put("num_train_timesteps", 1000);
        json.put("shift", 3.0);
        if (architecture.video().filter(Pretraining.Video::predictsVideo).isPresent()) {
            json.put("stochastic_sampling", true);
        }
        json.put("use_dynamic_shifting", false);
        return json;
    }

    private Map<String, Object> encoderConfig() {
        T5Config c = encoder.config();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("architectures", List.of(family.textEncoderKind().get("architectures")));
        json.put("model_type", family.textEncoderKind().get("model_type"));
        json.put("d_ff", c.feedForward());
        json.put("d_kv", c.headSize());
        json.put("d_model", c.width());
        json.put("feed_forward_proj", c.gated() ? "gated-gelu" : "relu");
        json.put("layer_norm_epsilon", 1e-6);
        json.put("num_heads", c.heads());
        json.put("num_layers", c.layers());
        json.put("pad_token_id", 0);
        json.put("eos_token_id", 1);
        json.put("relative_attention_max_distance", c.maxDistance());
        json.put("relative_attention_num_buckets", c.buckets());
        json.put("vocab_size", c.vocabulary());
        return json;
    }

    @Override
    public void close() {
        tokenizer.close();
        transformer.weights().close();
        encoder.weights().close();
        labels.close();
    }
}
