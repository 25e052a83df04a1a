package dev.sluice.flow.internal;

import dev.sluice.flow.ModelWork;
import java.util.function.Predicate;

/** Counts the matrix products of an SD3 transformer by walking it as {@code sd3.py} does. */
public final class Sd3Work {
    private final Sd3Config config;
    private final Work work;
    private final long words;
    private final long tokens;

    private Sd3Work(Sd3Config config, Predicate<String> trained, long tokens, long words) {
        this.config = config;
        this.work = new Work(trained, config.width());
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
        Sd3Work walk = new Sd3Work(config, trained, tokens, words);
        walk.walk();
        return walk.work.total();
    }

    private void walk() {
        long width = config.width();
        long patch = (long) config.patchSize() * config.patchSize();
        boolean image = work.linear("pos_embed.proj", tokens, patch * config.inChannels(), width, false);
        boolean text = work.linear("context_embedder", words, config.jointAttentionSize(), width, false);
        boolean condition = work.embedder("time_text_embed.timestep_embedder", Work.TIME_FEATURES)
                | work.embedder("time_text_embed.text_embedder", config.pooledSize());
        for (int i = 0; i < config.layers(); i++) {
            Block block = new Block("transformer_blocks." + i, i);
            boolean later = block.walk(image, text, condition);
            image = later;
            text = later;
        }
        boolean scale = work.linear("norm_out.linear", 1, width, 2 * width, condition);
        work.linear("proj_out", tokens, width, patch * config.outChannels(), image | scale);
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
            boolean imageScale = work.linear(name + ".norm1.linear", 1, width, (dual ? 9 : 6) * width, condition);
            boolean textScale =
                    work.linear(name + ".norm1_context.linear", 1, width, (last ? 2 : 6) * width, condition);
            boolean x = image | imageScale;
            boolean joint = joint(x, text | textScale);
            boolean y = x | work.linear(name + ".attn.to_out.0", tokens, width, width, joint);
            if (dual) {
                y |= own(x);
            }
            y |= work.feedForward(name + ".ff", tokens, 4 * width, y);
            boolean z = text | textScale;
            if (!last) {
                z |= work.linear(name + ".attn.to_add_out", words, width, width, joint);
                z |= work.feedForward(name + ".ff_context", words, 4 * width, z);
            }
            return y | z;
        }

        private boolean joint(boolean image, boolean text) {
            boolean q = square(".attn.to_q", tokens, image) | (!last && square(".attn.add_q_proj", words, text));
            boolean k = square(".attn.to_k", tokens, image) | square(".attn.add_k_proj", words, text);
            boolean v = square(".attn.to_v", tokens, image) | square(".attn.add_v_proj", words, text);
            return work.attention(last ? tokens : tokens + words, tokens + words, q, k, v);
        }

        private boolean own(boolean image) {
            boolean q = square(".attn2.to_q", tokens, image);
            boolean k = square(".attn2.to_k", tokens, image);
            boolean v = square(".attn2.to_v", tokens, image);
            return square(".attn2.to_out.0", tokens, work.attention(tokens, tokens, q, k, v));
        }

        private boolean square(String layer, long rows, boolean input) {
            return work.square(name + layer, rows, input);
        }
    }
}
