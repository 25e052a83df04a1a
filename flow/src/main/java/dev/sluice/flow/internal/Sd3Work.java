package dev.sluice.flow.internal;

import dev.sluice.flow.ModelWork;
import java.util.function.Predicate;

/** Counts the matrix products of an SD3 transformer by walking it as {@code sd3.py} does. */
public final class Sd3Work {
    private static final int TIME_FEATURES = 256;

    private final Sd3Config config;
    private final Predicate<String> trained;
    private final long words;
    private final long tokens;
    private double forward;
    private double backward;

    private Sd3Work(Sd3Config config, Predicate<String> trained, long tokens, long words) {
        this.config = config;
        this.trained = trained;
        this.tokens = tokens;
        this.words = words;
    }

    /**
     * Returns the work of one sample.
     *
     * @param trained tells whether a layer, by its name without {@code .weight}, has a gradient
     * @param tokens image tokens
     * @param words text tokens
     */
    public static ModelWork of(Sd3Config config, Predicate<String> trained, long tokens, long words) {
        Sd3Work work = new Sd3Work(config, trained, tokens, words);
        work.walk();
        return new ModelWork(work.forward, work.backward);
    }

    private void walk() {
        long width = config.width();
        long patch = (long) config.patchSize() * config.patchSize();
        boolean image = linear("pos_embed.proj", tokens, patch * config.inChannels(), width, false);
        boolean text = linear("context_embedder", words, config.jointAttentionSize(), width, false);
        boolean condition = condition("timestep", TIME_FEATURES) | condition("text", config.pooledSize());
        for (int i = 0; i < config.layers(); i++) {
            Block block = new Block("transformer_blocks." + i, i);
            boolean later = block.walk(image, text, condition);
            image = later;
            text = later;
        }
        boolean scale = linear("norm_out.linear", 1, width, 2 * width, condition);
        linear("proj_out", tokens, width, patch * config.outChannels(), image | scale);
    }

    private boolean condition(String name, long in) {
        String layer = "time_text_embed." + name + "_embedder.linear_";
        boolean hidden = linear(layer + "1", 1, in, config.width(), false);
        return linear(layer + "2", 1, config.width(), config.width(), hidden);
    }

    /** Counts rows·in·out multiply-adds; returns whether a gradient passes through the result. */
    private boolean linear(String layer, long rows, long in, long out, boolean inputHasGradient) {
        boolean weightHasGradient = trained.test(layer);
        double work = 2.0 * rows * in * out;
        forward += work;
        backward += work * ((weightHasGradient ? 1 : 0) + (inputHasGradient ? 1 : 0));
        return weightHasGradient || inputHasGradient;
    }

    /** Counts the two products of an attention. */
    private boolean attention(long queries, long keys, boolean q, boolean k, boolean v) {
        double work = 2.0 * queries * keys * config.width();
        forward += 2 * work;
        boolean scores = q || k;
        backward += work * ((q ? 1 : 0) + (k ? 1 : 0) + (v ? 1 : 0) + (scores ? 1 : 0));
        return scores || v;
    }

    private boolean feedForward(String layer, long rows, boolean input) {
        long width = config.width();
        boolean hidden = linear(layer + ".net.0.proj", rows, width, 4 * width, input);
        return linear(layer + ".net.2", rows, 4 * width, width, hidden);
    }

    private final class Block {
        private final String name;
        private final boolean dual;
        private final boolean last;

        Block(String name, int index) {
            this.name = name;
            this.dual = config.dualAttentionLayers().contains(index);
            this.last = index == config.layers() - 1;
        }

        /** Returns whether a gradient passes through what the block gives on. */
        boolean walk(boolean image, boolean text, boolean condition) {
            long width = config.width();
            boolean imageScale = linear(name + ".norm1.linear", 1, width, (dual ? 9 : 6) * width, condition);
            boolean textScale = linear(name + ".norm1_context.linear", 1, width, (last ? 2 : 6) * width, condition);
            boolean x = image | imageScale;
            boolean joint = joint(x, text | textScale);
            boolean y = x | linear(name + ".attn.to_out.0", tokens, width, width, joint);
            if (dual) {
                y |= own(x);
            }
            y |= feedForward(name + ".ff", tokens, y);
            boolean z = text | textScale;
            if (!last) {
                z |= linear(name + ".attn.to_add_out", words, width, width, joint);
                z |= feedForward(name + ".ff_context", words, z);
            }
            return y | z;
        }

        private boolean joint(boolean image, boolean text) {
            boolean q = square(".attn.to_q", tokens, image) | (!last && square(".attn.add_q_proj", words, text));
            boolean k = square(".attn.to_k", tokens, image) | square(".attn.add_k_proj", words, text);
            boolean v = square(".attn.to_v", tokens, image) | square(".attn.add_v_proj", words, text);
            return attention(last ? tokens : tokens + words, tokens + words, q, k, v);
        }

        private boolean own(boolean image) {
            boolean q = square(".attn2.to_q", tokens, image);
            boolean k = square(".attn2.to_k", tokens, image);
            boolean v = square(".attn2.to_v", tokens, image);
            return square(".attn2.to_out.0", tokens, attention(tokens, tokens, q, k, v));
        }

        private boolean square(String layer, long rows, boolean input) {
            return linear(name + layer, rows, config.width(), config.width(), input);
        }
    }
}
