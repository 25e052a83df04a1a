package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Pretraining;
import dev.sluice.flow.tensor.NoiseSource;
import java.util.List;
import java.util.Map;

/** What differs between the families that pretraining makes: the networks, what they are given, and the folder they are in. */
public interface PretrainedFamily {
    /** Channels of pixels. */
    int CHANNELS = 3;

    /** Returns the family of a model of these sizes: SD3's for pictures, Wan's for videos. */
    static PretrainedFamily of(Pretraining.Architecture architecture) {
        return architecture.video().isPresent() ? new PretrainedWan(architecture) : new PretrainedSd3(architecture);
    }

    /**
     * Returns the transformer with fresh weights that belong to {@code manager}.
     *
     * @param labels channels that it predicts behind those of the velocity
     */
    Network transformer(NDManager manager, int labels, NoiseSource noise);

    /** Returns the tensors of an exported transformer, which predicts the velocity alone. */
    WeightLayout layout();

    /** Returns whether an array of the transformer is learned. */
    boolean learned(String name);

    /** Returns whether an array of the transformer is a matrix between hidden states, which {@code Muon} is for. */
    boolean hidden(String name, Shape shape);

    /** Returns whether every block of the text encoder has its own table of relative positions. */
    boolean tablePerBlock();

    /**
     * Encodes captions as the family's pipeline does.
     *
     * @param ids shape (B, L); 0 is padding
     */
    Conditioning encode(T5Encoder encoder, NDArray ids);

    /** Returns the text encoder's folder. */
    String textEncoder();

    /** Returns the tokenizer's folder. */
    String tokenizer();

    /** Returns the text encoder's class in its {@code config.json}, and its {@code model_type}. */
    Map<String, String> textEncoderKind();

    /** Returns {@code model_index.json}. */
    Map<String, Object> modelIndex();

    /** Returns the transformer's {@code config.json}. */
    Map<String, Object> transformerConfig();

    /** Returns how many parts of a video, one after another, have noise levels of their own. */
    default int parts() {
        return 1;
    }

    /** Returns what a network from a picture is given of clean latents, as {@link Conditioning#picture()}; nothing to others. */
    default List<NDArray> picture(NDArray clean) {
        return List.of();
    }

    /** Returns the shape of a batch of latents, which are pixels. */
    Shape latents(int batch);
}
