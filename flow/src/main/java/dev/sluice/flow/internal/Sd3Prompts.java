package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * SD3's prompt embedding. Tokens: the penultimate states of the CLIP encoders joined on the feature axis, zero-padded to
 * the transformer's text width, followed on the token axis by T5's states. Pooled: the CLIP encoders' projections joined.
 *
 * <p>Source: diffusers, {@code pipelines/stable_diffusion_3}, {@code encode_prompt}. Differs: a folder without CLIP
 * encoders has T5's states alone as tokens, and their mean over what is not padding as the pooled vector.
 */
final class Sd3Prompts implements PromptEncoder {
    /** Diffusers' {@code max_sequence_length} of an SD3 pipeline. */
    private static final int USUAL_TOKENS = 256;

    private final Sd3Config transformer;
    private final List<ClipText> clips = new ArrayList<>();
    private T5Text t5;

    private Sd3Prompts(Sd3Config transformer) {
        this.transformer = transformer;
    }

    /** Opens the text encoders and tokenizers that a pipeline's index names; weights belong to {@code manager}. */
    static Sd3Prompts open(PipelineIndex index, Sd3Config transformer, NDManager manager, Precision precision)
            throws IOException {
        Sd3Prompts prompts = new Sd3Prompts(transformer);
        try {
            for (String end : new String[] {"", "_2"}) {
                if (index.has("text_encoder" + end)) {
                    prompts.clips.add(ClipText.open(index, end, manager, precision));
                }
            }
            if (index.has("text_encoder_3")) {
                prompts.t5 = T5Text.open(index, "_3", manager, precision);
            }
            prompts.requireFitting(index.path());
            return prompts;
        } catch (IOException | RuntimeException | Error e) {
            prompts.close();
            throw e;
        }
    }

    private void requireFitting(Path index) throws IOException {
        if (clips.isEmpty() && t5 == null) {
            throw new IOException("%s names no text encoder.".formatted(index));
        }
        int pooled = clips.isEmpty()
                ? t5.encoder().config().width()
                : clips.stream()
                        .mapToInt(clip -> clip.encoder().config().pooledSize())
                        .sum();
        int expected = transformer.pooledSize();
        PromptEncoder.requireWidth(
                index, "the pooled text vector", pooled, pooled == expected, "pooled_projection_dim", expected);
        int width = clipWidth();
        int joint = transformer.jointAttentionSize();
        PromptEncoder.requireWidth(
                index, "the width of the CLIP states", width, width <= joint, "at most joint_attention_dim", joint);
        if (t5 != null) {
            int found = t5.encoder().config().width();
            PromptEncoder.requireWidth(
                    index, "the width of the T5 states", found, found == joint, "joint_attention_dim", joint);
        }
    }

    private int clipWidth() {
        return clips.stream().mapToInt(clip -> clip.encoder().config().width()).sum();
    }

    @Override
    public int usualTokens() {
        return t5 == null ? USUAL_TOKENS : t5.usualTokens(USUAL_TOKENS);
    }

    @Override
    public Conditioning encode(NDManager owner, List<String> prompts, int tokens) {
        try (Torch.Scope ignored = Torch.noGradient();
                NDManager scratch = owner.newSubManager()) {
            Conditioning result =
                    clips.isEmpty() ? encodeWithT5(scratch, prompts, tokens) : encodeWithClip(scratch, prompts, tokens);
            owner.attachAll(result.tokens(), result.pooled());
            return result;
        }
    }

    private Conditioning encodeWithT5(NDManager scratch, List<String> prompts, int tokens) {
        NDArray ids = t5.tokens(prompts, tokens).ids(scratch);
        NDArray states = t5.encoder().encode(ids);
        return new Conditioning(states, Ops.call("t5_pooled", null, states, ids));
    }

    private Conditioning encodeWithClip(NDManager scratch, List<String> prompts, int tokens) {
        NDList hidden = new NDList();
        NDList pooled = new NDList();
        for (ClipText clip : clips) {
            ClipTextEncoder.States states = clip.encode(scratch, prompts);
            hidden.add(states.hidden());
            pooled.add(states.pooled());
        }
        Shape shape = hidden.get(0).getShape();
        int joint = transformer.jointAttentionSize();
        hidden.add(scratch.zeros(new Shape(shape.get(0), shape.get(1), joint - clipWidth())));
        NDArray words = joined(hidden, 2);
        NDArray sentence = t5 == null
                ? scratch.zeros(new Shape(shape.get(0), tokens, joint))
                : t5.encoder().encode(t5.tokens(prompts, tokens).ids(scratch));
        return new Conditioning(joined(new NDList(words, sentence), 1), joined(pooled, 1));
    }

    private static NDArray joined(NDList arrays, int axis) {
        return arrays.get(0).getNDArrayInternal().concat(new NDList(arrays.subList(1, arrays.size())), axis);
    }

    @Override
    public int mostTokens() {
        return t5 == null ? 0 : t5.tokenizer().maxLength();
    }

    @Override
    public void close() {
        clips.forEach(ClipText::close);
        if (t5 != null) {
            t5.close();
        }
    }
}
