package dev.sluice.flow.internal;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.util.List;

/**
 * FLUX's prompt embedding. Tokens: T5's states, padding attended to. Pooled: CLIP's pooled state, not projected.
 *
 * <p>Source: diffusers, {@code pipelines/flux/pipeline_flux.py}, {@code encode_prompt}; the numbers of tokens are those of the
 * model's makers, 512 for dev and 256 for schnell.
 */
final class FluxPrompts implements PromptEncoder {
    private static final int GUIDED_TOKENS = 512;
    private static final int FAST_TOKENS = 256;

    private final ClipText clip;
    private final T5Text t5;
    private final int usualTokens;

    private FluxPrompts(ClipText clip, T5Text t5, int usualTokens) {
        this.clip = clip;
        this.t5 = t5;
        this.usualTokens = usualTokens;
    }

    /** Opens the two text encoders and tokenizers; weights belong to {@code manager}. */
    static FluxPrompts open(PipelineIndex index, FluxConfig transformer, NDManager manager, Precision precision)
            throws IOException {
        ClipText clip = ClipText.open(index, "", manager, precision);
        try {
            int pooled = clip.encoder().config().pooledSize();
            PromptEncoder.requireWidth(
                    index.path(),
                    "the pooled text vector",
                    pooled,
                    pooled == transformer.pooledSize(),
                    "pooled_projection_dim",
                    transformer.pooledSize());
            T5Text t5 = T5Text.open(index, "_2", manager, precision);
            try {
                int width = t5.encoder().config().width();
                PromptEncoder.requireWidth(
                        index.path(),
                        "the width of the T5 states",
                        width,
                        width == transformer.jointAttentionSize(),
                        "joint_attention_dim",
                        transformer.jointAttentionSize());
                return new FluxPrompts(clip, t5, t5.usualTokens(transformer.guided() ? GUIDED_TOKENS : FAST_TOKENS));
            } catch (IOException | RuntimeException | Error e) {
                t5.close();
                throw e;
            }
        } catch (IOException | RuntimeException | Error e) {
            clip.close();
            throw e;
        }
    }

    @Override
    public Conditioning encode(NDManager owner, List<String> prompts, int tokens) {
        try (Torch.Scope ignored = Torch.noGradient();
                NDManager scratch = owner.newSubManager()) {
            Conditioning result = new Conditioning(
                    t5.encoder().encode(t5.tokens(prompts, tokens).ids(scratch)),
                    clip.encode(scratch, prompts).pooled());
            owner.attachAll(result.tokens(), result.pooled());
            return result;
        }
    }

    @Override
    public int usualTokens() {
        return usualTokens;
    }

    @Override
    public int mostTokens() {
        return t5.tokenizer().maxLength();
    }

    @Override
    public void close() {
        clip.close();
        t5.close();
    }
}
