package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.TextTokenizer;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.util.List;

/**
 * The prompt embedding of a velocity model of any architecture: T5's or UMT5's states, with zeros for padding, and their mean over
 * what is not padding; or CLIP's last states and its pooled vector.
 */
final class PlainPrompts implements PromptEncoder {
    private static final int USUAL_TOKENS = 256;

    private final T5Text t5;
    private final ClipText clip;

    private PlainPrompts(T5Text t5, ClipText clip) {
        this.t5 = t5;
        this.clip = clip;
    }

    /** Opens the text encoder and its tokenizer; weights belong to {@code manager}. */
    static PlainPrompts open(PipelineIndex index, int textSize, NDManager manager, Precision precision)
            throws IOException {
        String architecture = Components.architecture(Components.config(index.folder("text_encoder")));
        boolean clip = architecture.startsWith("CLIP");
        PlainPrompts prompts = clip
                ? new PlainPrompts(null, ClipText.open(index, "", manager, precision))
                : new PlainPrompts(T5Text.open(index, "", manager, precision), null);
        try {
            int width = clip
                    ? prompts.clip.encoder().config().width()
                    : prompts.t5.encoder().config().width();
            PromptEncoder.requireWidth(
                    index.path(), "the width of the text states", width, width == textSize, "text_size", textSize);
            return prompts;
        } catch (IOException | RuntimeException | Error e) {
            prompts.close();
            throw e;
        }
    }

    @Override
    public Conditioning encode(NDManager owner, List<String> prompts, int tokens) {
        try (Torch.Scope off = Torch.noGradient();
                NDManager scratch = owner.newSubManager()) {
            Conditioning made = t5 == null ? withClip(scratch, prompts) : withT5(scratch, prompts, tokens);
            owner.attachAll(made.tokens(), made.pooled());
            return made;
        }
    }

    private Conditioning withClip(NDManager scratch, List<String> prompts) {
        ClipTextEncoder.States states = clip.encode(scratch, prompts);
        return new Conditioning(states.last(), states.pooled());
    }

    private Conditioning withT5(NDManager scratch, List<String> prompts, int tokens) {
        TextTokenizer.Tokens texts = t5.tokens(prompts, tokens);
        NDArray mask = texts.mask(scratch);
        NDArray kept = t5.encoder()
                .encode(texts.ids(scratch), mask)
                .mul(mask.toType(DataType.FLOAT32, false).expandDims(2));
        NDArray count = mask.toType(DataType.FLOAT32, false).sum(new int[] {1}, true);
        // Every text ends with a token of its own, so none is empty.
        return new Conditioning(kept, kept.sum(new int[] {1}).div(count));
    }

    @Override
    public int usualTokens() {
        return t5 == null ? clip.encoder().config().positions() : t5.usualTokens(USUAL_TOKENS);
    }

    @Override
    public int mostTokens() {
        return t5 == null ? 0 : t5.tokenizer().maxLength();
    }

    @Override
    public void close() {
        if (t5 == null) {
            clip.close();
        } else {
            t5.close();
        }
    }
}
