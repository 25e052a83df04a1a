package dev.sluice.flow.internal;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.TextTokenizer;
import dev.sluice.flow.tensor.Precision;
import java.io.IOException;
import java.util.List;

/** A T5 or UMT5 encoder and its tokenizer. */
record T5Text(T5Encoder encoder, TextTokenizer tokenizer) implements AutoCloseable {
    /** Opens {@code text_encoderEND} and {@code tokenizerEND}; the weights belong to {@code manager}. */
    static T5Text open(PipelineIndex index, String end, NDManager manager, Precision precision) throws IOException {
        T5Encoder encoder = Components.t5(index.folder("text_encoder" + end), manager, precision);
        return new T5Text(
                encoder, index.tokenizer("tokenizer" + end, encoder.config().vocabulary()));
    }

    /** Returns a usual number of tokens, or the tokenizer's maximum if that is less. */
    int usualTokens(int usual) {
        return Math.min(usual, tokenizer.maxLength());
    }

    TextTokenizer.Tokens tokens(List<String> texts, int length) {
        return tokenizer.encode(texts, length);
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
