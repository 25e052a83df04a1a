package dev.sluice.flow.internal;

import dev.sluice.flow.ModelWork;
import java.util.function.Predicate;

/** Counts the matrix products of a FLUX transformer by walking it as {@code flux.py} does. */
final class FluxWork {
    private final FluxConfig config;
    private final Work work;
    private final long tokens;
    private final long words;

    private FluxWork(FluxConfig config, Predicate<String> trained, long tokens, long words) {
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
    static ModelWork of(FluxConfig config, Predicate<String> trained, long tokens, long words) {
        FluxWork walk = new FluxWork(config, trained, tokens, words);
        walk.walk();
        return walk.work.total();
    }

    private void walk() {
        long width = config.width();
        boolean image = work.linear("x_embedder", tokens, config.inChannels(), width, false);
        boolean text = work.linear("context_embedder", words, config.jointAttentionSize(), width, false);
        boolean condition = work.embedder("time_text_embed.timestep_embedder", Work.TIME_FEATURES);
        if (config.guided()) {
            condition |= work.embedder("time_text_embed.guidance_embedder", Work.TIME_FEATURES);
        }
        condition |= work.embedder("time_text_embed.text_embedder", config.pooledSize());
        for (int i = 0; i < config.doubleLayers(); i++) {
            boolean both = doubleBlock("transformer_blocks." + i, image, text, condition);
            image = both;
            text = both;
        }
        boolean joint = image | text;
        for (int i = 0; i < config.singleLayers(); i++) {
            joint = singleBlock("single_transformer_blocks." + i, joint, condition);
        }
        boolean scale = work.linear("norm_out.linear", 1, width, 2 * width, condition);
        work.linear("proj_out", tokens, width, config.inChannels(), joint | scale);
    }

    private boolean doubleBlock(String name, boolean image, boolean text, boolean condition) {
        long width = config.width();
        boolean x = image | work.linear(name + ".norm1.linear", 1, width, 6 * width, condition);
        boolean z = text | work.linear(name + ".norm1_context.linear", 1, width, 6 * width, condition);
        String a = name + ".attn";
        boolean q = work.square(a + ".to_q", tokens, x) | work.square(a + ".add_q_proj", words, z);
        boolean k = work.square(a + ".to_k", tokens, x) | work.square(a + ".add_k_proj", words, z);
        boolean v = work.square(a + ".to_v", tokens, x) | work.square(a + ".add_v_proj", words, z);
        boolean joint = work.attention(tokens + words, tokens + words, q, k, v);
        x |= work.square(a + ".to_out.0", tokens, joint);
        x |= work.feedForward(name + ".ff", tokens, 4 * width, x);
        z |= work.square(a + ".to_add_out", words, joint);
        z |= work.feedForward(name + ".ff_context", words, 4 * width, z);
        return x | z;
    }

    private boolean singleBlock(String name, boolean input, boolean condition) {
        long width = config.width();
        long all = tokens + words;
        boolean x = input | work.linear(name + ".norm.linear", 1, width, 3 * width, condition);
        boolean q = work.square(name + ".attn.to_q", all, x);
        boolean k = work.square(name + ".attn.to_k", all, x);
        boolean v = work.square(name + ".attn.to_v", all, x);
        boolean attended = work.attention(all, all, q, k, v);
        boolean inner = work.linear(name + ".proj_mlp", all, width, 4 * width, x);
        return x | work.linear(name + ".proj_out", all, 5 * width, width, attended | inner);
    }
}
