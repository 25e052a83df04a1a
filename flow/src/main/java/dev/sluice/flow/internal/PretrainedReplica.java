package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Replica;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Weights;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/** The networks of a {@link PretrainedModel} for the backward passes of one lane. */
public final class PretrainedReplica implements AutoCloseable {
    private final PretrainedFamily family;
    private final Replica transformerWeights;
    private final Replica encoderWeights;
    private final Replica labels;
    private final Network transformer;
    private final T5Encoder encoder;

    PretrainedReplica(
            NDManager owner,
            PretrainedFamily family,
            Network transformer,
            T5Encoder encoder,
            Weights labels,
            Set<String> trained) {
        this.family = family;
        this.transformerWeights = new Replica(owner, transformer.weights(), part(trained, PretrainedModel.TRANSFORMER));
        this.encoderWeights = new Replica(owner, encoder.weights(), part(trained, family.textEncoder() + "."));
        this.labels = new Replica(owner, labels, part(trained, PretrainedModel.LABELS));
        this.transformer = transformer.over(transformerWeights.weights());
        this.encoder = new T5Encoder(encoder.config(), encoderWeights.weights());
    }

    private static Set<String> part(Set<String> names, String prefix) {
        return names.stream()
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Returns the transformer. */
    public VelocityModel transformer() {
        return transformer;
    }

    /** Encodes captions, shape (B, maxTokens); the arrays belong to the manager of {@code ids}. */
    public Conditioning encode(NDArray ids) {
        return family.encode(encoder, ids);
    }

    /** Predicts the labels of the captions' words, shape (B, maxTokens, labels). */
    public NDArray words(Conditioning conditioning) {
        return Ops.call("word_labels", labels.weights(), conditioning.tokens());
    }

    /** Hands over the gradients by the names of {@link PretrainedModel#arrays()}; see {@link Replica#drain}. */
    public void drain(BiConsumer<String, NDArray> taker) {
        transformerWeights.drain((name, collected) -> taker.accept(PretrainedModel.TRANSFORMER + name, collected));
        encoderWeights.drain((name, collected) -> taker.accept(family.textEncoder() + "." + name, collected));
        labels.drain((name, collected) -> taker.accept(PretrainedModel.LABELS + name, collected));
    }

    @Override
    public void close() {
        transformerWeights.close();
        encoderWeights.close();
        labels.close();
    }
}
