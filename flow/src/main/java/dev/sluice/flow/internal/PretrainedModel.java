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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/** The networks that pretraining makes, and the folder it leaves: SD3's transformer, a T5 encoder and a word tokenizer. */
public final class PretrainedModel implements AutoCloseable {
    /** Prefix of the transformer's weights among {@link #arrays()}. */
    public static final String TRANSFORMER = "transformer.";

    static final String TEXT_ENCODER = "text_encoder_3.";
    static final String LABELS = "labels.";
    private static final String TRANSFORMER_FILE = "transformer/diffusion_pytorch_model.safetensors";
    private static final String TEXT_ENCODER_FILE = "text_encoder_3/model.safetensors";
    private static final String TOKENIZER_FILE = "tokenizer_3/tokenizer.json";
    private static final int CHANNELS = 3;

    private final Pretraining.Architecture architecture;
    private final Sd3Transformer transformer;
    private final T5Encoder encoder;
    private final Weights labels;
    private final String tokenizerJson;
    private final HuggingFaceTokenizer tokenizer;
    private final Map<String, long[]> tokens = new HashMap<>();

    private PretrainedModel(
            Pretraining.Architecture architecture,
            Sd3Transformer transformer,
            T5Encoder encoder,
            Weights labels,
            String tokenizerJson)
            throws IOException {
        this.architecture = architecture;
        this.transformer = transformer;
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
        Sd3Config sd3 = new Sd3Config(
                a.imageSize(),
                a.patchSize(),
                CHANNELS,
                a.layers(),
                a.headSize(),
                a.heads(),
                a.textWidth(),
                a.textWidth(),
                CHANNELS + pixelLabels,
                a.imageSize() / a.patchSize(),
                Set.of(),
                true);
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
        Weights sd3Weights = Sd3Init.weights(manager, sd3, NoiseSource.of(seed, 10));
        Weights t5Weights = T5Init.weights(manager, t5, NoiseSource.of(seed, 11));
        Weights labelWeights = new Weights(manager);
        if (wordLabels > 0) {
            labelWeights.put("linear.weight", manager.zeros(new Shape(wordLabels, a.textWidth())));
            labelWeights.put("linear.bias", manager.zeros(new Shape(wordLabels)));
        }
        try {
            return new PretrainedModel(
                    a,
                    new Sd3Transformer(sd3, sd3Weights),
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
        encoder.weights().asMap().forEach((name, array) -> all.put(TEXT_ENCODER + name, array));
        labels.asMap().forEach((name, array) -> all.put(LABELS + name, array));
        return all;
    }

    /**
     * Returns the networks once more, with gradients of their own; the caller closes them.
     *
     * @param owner their arrays live in a child of it
     * @param trained which of {@link #arrays()} collect gradients
     */
    public PretrainedReplica replica(NDManager owner, Set<String> trained) {
        return new PretrainedReplica(owner, transformer, encoder, labels, trained);
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
        Path tokens = folder.resolve(TOKENIZER_FILE);
        if (!Files.isRegularFile(tokens)) {
            throw new IOException("%s is not there; expected a model folder that pretraining made.".formatted(tokens));
        }
        if (!Files.readString(tokens).equals(tokenizerJson)) {
            throw new IOException("%s has another vocabulary than this run; both must be the same.".formatted(tokens));
        }
        load(folder.resolve(TRANSFORMER_FILE), exported().layout(), transformer.weights());
        load(folder.resolve(TEXT_ENCODER_FILE), encoder.config().layout("shared.weight", false), encoder.weights());
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

    /** Returns the sizes without labels. */
    private Sd3Config exported() {
        return transformer.config().withOutChannels(CHANNELS);
    }

    private boolean isLast(String name) {
        return transformer.config().outChannels() > CHANNELS && name.startsWith("proj_out.");
    }

    /** Returns the last layer with the rows of {@code velocity} and those for labels of {@code all}, a scratch copy. */
    private NDArray withLabels(NDArray all, NDArray velocity) {
        NDArray labels = byPixel(all, transformer.config().outChannels()).get(new NDIndex(":, " + CHANNELS + ":"));
        return NDArrays.concat(new NDList(byPixel(velocity, CHANNELS), labels), 1)
                .reshape(all.getShape());
    }

    /** Returns the rows for the velocity of a scratch copy of the last layer. */
    private NDArray withoutLabels(NDArray all) {
        NDArray velocity = byPixel(all, transformer.config().outChannels()).get(new NDIndex(":, :" + CHANNELS));
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
            write(place.resolve("model_index.json"), modelIndex());
            write(place.resolve("made_by.json"), madeBy);
            write(place.resolve("scheduler/scheduler_config.json"), schedulerConfig());
            write(place.resolve("transformer/config.json"), transformerConfig());
            weights(place.resolve(TRANSFORMER_FILE), values, TRANSFORMER);
            write(place.resolve("text_encoder_3/config.json"), encoderConfig());
            weights(place.resolve(TEXT_ENCODER_FILE), values, TEXT_ENCODER);
            Files.createDirectories(place.resolve("tokenizer_3"));
            Files.writeString(place.resolve(TOKENIZER_FILE), tokenizerJson);
            Files.writeString(
                    place.resolve("tokenizer_3/tokenizer_config.json"),
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

    private static Map<String, Object> modelIndex() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("_class_name", "StableDiffusion3Pipeline");
        json.put("_diffusers_version", "0.40.0");
        List<String> absent = new ArrayList<>();
        absent.add(null);
        absent.add(null);
        for (String name : List.of("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "vae")) {
            json.put(name, absent);
        }
        json.put("scheduler", List.of("diffusers", "FlowMatchEulerDiscreteScheduler"));
        json.put("text_encoder_3", List.of("transformers", "T5EncoderModel"));
        json.put("tokenizer_3", List.of("transformers", "PreTrainedTokenizerFast"));
        json.put("transformer", List.of("diffusers", "SD3Transformer2DModel"));
        return json;
    }

    private static Map<String, Object> schedulerConfig() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("_class_name", "FlowMatchEulerDiscreteScheduler");
        json.put("num_train_timesteps", 1000);
        json.put("shift", 3.0);
        json.put("use_dynamic_shifting", false);
        return json;
    }

    private Map<String, Object> transformerConfig() {
        Sd3Config c = exported();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("_class_name", "SD3Transformer2DModel");
        json.put("attention_head_dim", c.headSize());
        json.put("caption_projection_dim", c.width());
        json.put("dual_attention_layers", c.dualAttentionLayers());
        json.put("in_channels", c.inChannels());
        json.put("joint_attention_dim", c.jointAttentionSize());
        json.put("num_attention_heads", c.heads());
        json.put("num_layers", c.layers());
        json.put("out_channels", c.outChannels());
        json.put("patch_size", c.patchSize());
        json.put("pooled_projection_dim", c.pooledSize());
        json.put("pos_embed_max_size", c.tableSide());
        json.put("qk_norm", c.queryKeyNorm() ? "rms_norm" : null);
        json.put("sample_size", c.sampleSize());
        return json;
    }

    private Map<String, Object> encoderConfig() {
        T5Config c = encoder.config();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("architectures", List.of("T5EncoderModel"));
        json.put("model_type", "t5");
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
