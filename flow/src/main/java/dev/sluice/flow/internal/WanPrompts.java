package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.TextTokenizer;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.util.List;

/**
 * Wan's prompt embedding: UMT5's states, padding neither attended to nor kept (zeros). There is no pooled vector.
 *
 * <p>Source: diffusers, {@code pipelines/wan/pipeline_wan.py}, {@code encode_prompt}. Blanks are joined and HTML's five named
 * entities are read, as there; differs: broken Unicode is not mended (ftfy).
 */
final class WanPrompts implements PromptEncoder {
    private static final int USUAL_TOKENS = 512;

    private final T5Text t5;

    private WanPrompts(T5Text t5) {
        this.t5 = t5;
    }

    /** Opens the text encoder and its tokenizer; weights belong to {@code manager}. */
    static WanPrompts open(PipelineIndex index, WanConfig transformer, NDManager manager, Precision precision)
            throws IOException {
        T5Text t5 = T5Text.open(index, "", manager, precision);
        try {
            int width = t5.encoder().config().width();
            int expected = transformer.textSize();
            PromptEncoder.requireWidth(
                    index.path(), "the width of the text states", width, width == expected, "text_dim", expected);
            return new WanPrompts(t5);
        } catch (IOException | RuntimeException | Error e) {
            t5.close();
            throw e;
        }
    }

    /** Returns a prompt as the pipeline tidies it up. */
    static String cleaned(String prompt) {
        return unescaped(unescaped(prompt)).replaceAll("(?U)\\s+", " ").strip();
    }

    private static String unescaped(String text) {
        return text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&apos;", "'")
                .replace("&amp;", "&");
    }

    @Override
    public Conditioning encode(NDManager owner, List<String> prompts, int tokens) {
        try (Torch.Scope ignored = Torch.noGradient();
                NDManager scratch = owner.newSubManager()) {
            TextTokenizer.Tokens texts =
                    t5.tokens(prompts.stream().map(WanPrompts::cleaned).toList(), tokens);
            NDArray mask = texts.mask(scratch);
            NDArray states = t5.encoder().encode(texts.ids(scratch), mask);
            NDArray kept = states.mul(mask.toType(DataType.FLOAT32, false).expandDims(2));
            NDArray pooled = scratch.zeros(new Shape(prompts.size(), 0));
            owner.attachAll(kept, pooled);
            return new Conditioning(kept, pooled);
        }
    }

    @Override
    public int usualTokens() {
        return t5.usualTokens(USUAL_TOKENS);
    }

    @Override
    public int mostTokens() {
        return t5.tokenizer().maxLength();
    }

    @Override
    public void close() {
        t5.close();
    }
}
