package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.TextTokenizer;
import dev.sluice.flow.tensor.Ops;
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
public final class PromptEncoder implements AutoCloseable {
    /** Diffusers' {@code max_sequence_length} of an SD3 pipeline. */
    public static final int USUAL_TOKENS = 256;

    private final Sd3Config transformer;
    private final List<ClipTextEncoder> clips;
    private final List<TextTokenizer> clipTokenizers;
    private final T5Encoder t5;
    private final TextTokenizer t5Tokenizer;

    private PromptEncoder(
            Sd3Config transformer,
            List<ClipTextEncoder> clips,
            List<TextTokenizer> clipTokenizers,
            T5Encoder t5,
            TextTokenizer t5Tokenizer) {
        this.transformer = transformer;
        this.clips = clips;
        this.clipTokenizers = clipTokenizers;
        this.t5 = t5;
        this.t5Tokenizer = t5Tokenizer;
    }

    /** Opens the text encoders and tokenizers that a pipeline's index names; weights belong to {@code manager}. */
    public static PromptEncoder open(PipelineIndex index, Sd3Config transformer, NDManager manager) throws IOException {
        List<ClipTextEncoder> clips = new ArrayList<>();
        List<TextTokenizer> clipTokenizers = new ArrayList<>();
        TextTokenizer t5Tokenizer = null;
        try {
            for (String end : new String[] {"", "_2"}) {
                if (index.has("text_encoder" + end)) {
                    clips.add(Components.clip(index.folder("text_encoder" + end), manager));
                    clipTokenizers.add(TextTokenizer.open(index.folder("tokenizer" + end)));
                }
            }
            T5Encoder t5 = null;
            if (index.has("text_encoder_3")) {
                t5 = Components.t5(index.folder("text_encoder_3"), manager);
                t5Tokenizer = TextTokenizer.open(index.folder("tokenizer_3"));
            }
            requireFitting(index.path(), transformer, clips, t5);
            return new PromptEncoder(transformer, clips, clipTokenizers, t5, t5Tokenizer);
        } catch (IOException | RuntimeException | Error e) {
            clipTokenizers.forEach(TextTokenizer::close);
            if (t5Tokenizer != null) {
                t5Tokenizer.close();
            }
            throw e;
        }
    }

    private static void requireFitting(Path index, Sd3Config to, List<ClipTextEncoder> clips, T5Encoder t5)
            throws IOException {
        if (clips.isEmpty() && t5 == null) {
            throw new IOException("%s names no text encoder.".formatted(index));
        }
        int pooled = clips.isEmpty()
                ? t5.config().width()
                : clips.stream().mapToInt(clip -> clip.config().pooledSize()).sum();
        int width = clips.stream().mapToInt(clip -> clip.config().width()).sum();
        require(
                index,
                "the pooled text vector",
                pooled,
                pooled == to.pooledSize(),
                "pooled_projection_dim",
                to.pooledSize());
        int joint = to.jointAttentionSize();
        require(index, "the width of the CLIP states", width, width <= joint, "at most joint_attention_dim", joint);
        if (t5 != null) {
            int found = t5.config().width();
            require(index, "the width of the T5 states", found, found == joint, "joint_attention_dim", joint);
        }
    }

    private static void require(Path index, String what, int found, boolean fits, String rule, int expected)
            throws IOException {
        if (!fits) {
            throw new IOException(
                    "%s: %s (%s) must be the transformer's %s (%s).".formatted(index, what, found, rule, expected));
        }
    }

    /** Returns how many T5 tokens a prompt has by default. */
    public int usualTokens() {
        return t5Tokenizer == null ? USUAL_TOKENS : Math.min(USUAL_TOKENS, t5Tokenizer.maxLength());
    }

    /**
     * Encodes prompts, without a graph.
     *
     * @param owner owns the result
     * @param prompts at least one; may be empty texts
     * @param tokens T5 tokens of each
     */
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
        NDArray ids = t5Tokenizer.encode(prompts, tokens).ids(scratch);
        NDArray states = t5.encode(ids);
        return new Conditioning(states, Ops.call("t5_pooled", null, states, ids));
    }

    private Conditioning encodeWithClip(NDManager scratch, List<String> prompts, int tokens) {
        NDList hidden = new NDList();
        NDList pooled = new NDList();
        for (int i = 0; i < clips.size(); i++) {
            ClipTextEncoder clip = clips.get(i);
            NDArray ids = clipTokenizers
                    .get(i)
                    .encode(prompts, clip.config().positions())
                    .ids(scratch);
            ClipTextEncoder.States states = clip.encode(ids);
            hidden.add(states.hidden());
            pooled.add(states.pooled());
        }
        Shape shape = hidden.get(0).getShape();
        long width = clips.stream().mapToInt(clip -> clip.config().width()).sum();
        hidden.add(scratch.zeros(new Shape(shape.get(0), shape.get(1), transformer.jointAttentionSize() - width)));
        NDArray words = joined(hidden, 2);
        NDArray sentence = t5 == null
                ? scratch.zeros(new Shape(shape.get(0), tokens, transformer.jointAttentionSize()))
                : t5.encode(t5Tokenizer.encode(prompts, tokens).ids(scratch));
        return new Conditioning(joined(new NDList(words, sentence), 1), joined(pooled, 1));
    }

    private static NDArray joined(NDList arrays, int axis) {
        return arrays.get(0).getNDArrayInternal().concat(new NDList(arrays.subList(1, arrays.size())), axis);
    }

    @Override
    public void close() {
        clipTokenizers.forEach(TextTokenizer::close);
        if (t5Tokenizer != null) {
            t5Tokenizer.close();
        }
    }
}
