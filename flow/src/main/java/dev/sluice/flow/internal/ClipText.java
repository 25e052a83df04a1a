package dev.sluice.flow.internal;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.TextTokenizer;
import dev.sluice.flow.tensor.Precision;
import java.io.IOException;
import java.util.List;

/** A CLIP text encoder and its tokenizer. */
record ClipText(ClipTextEncoder encoder, TextTokenizer tokenizer) implements AutoCloseable {
    /** Opens {@code text_encoderEND} and {@code tokenizerEND}; the weights belong to {@code manager}. */
    static ClipText open(PipelineIndex index, String end, NDManager manager, Precision precision) throws IOException {
        ClipTextEncoder encoder = Components.clip(index.folder("text_encoder" + end), manager, precision);
        return new ClipText(
                encoder, index.tokenizer("tokenizer" + end, encoder.config().vocabulary()));
    }

    /** Encodes texts, each cut or filled up to all positions of the encoder; owned by {@code owner}. */
    ClipTextEncoder.States encode(NDManager owner, List<String> texts) {
        return encoder.encode(
                tokenizer.encode(texts, encoder.config().positions()).ids(owner));
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
