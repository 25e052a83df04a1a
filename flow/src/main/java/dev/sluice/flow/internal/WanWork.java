package dev.sluice.flow.internal;

import dev.sluice.flow.ModelWork;
import java.util.function.Predicate;

/** Counts the matrix products of a Wan transformer by walking it as {@code wan.py} does, without a picture. */
final class WanWork {
    private final WanConfig config;
    private final Work work;
    private final long tokens;
    private final long words;

    private WanWork(WanConfig config, Predicate<String> trained, long tokens, long words) {
        this.config = config;
        this.work = new Work(trained, config.width());
        this.tokens = tokens;
        this.words = words;
    }

    /**
     * Returns the work of one sample.
     *
     * @param trained tells whether a layer, by its name without {@code .weight}, has a gradient
     * @param tokens video tokens
     * @param words text tokens
     */
    static ModelWork of(WanConfig config, Predicate<String> trained, long tokens, long words) {
        WanWork walk = new WanWork(config, trained, tokens, words);
        walk.walk();
        return walk.work.total();
    }

    private void walk() {
        long width = config.width();
        long patch = config.patchSize().stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
        String c = "condition_embedder.";
        boolean video = work.linear("patch_embedding", tokens, patch * config.inChannels(), width, false);
        boolean time = work.embedder(c + "time_embedder", config.frequencies());
        boolean scales = work.linear(c + "time_proj", 1, width, 6 * width, time);
        boolean text = work.linear(c + "text_embedder.linear_1", words, config.textSize(), width, false);
        text = work.square(c + "text_embedder.linear_2", words, text);
        boolean x = video | scales;
        for (int i = 0; i < config.layers(); i++) {
            x = block("blocks." + i, x, text);
        }
        work.linear("proj_out", tokens, width, patch * config.outChannels(), x | time);
    }

    private boolean block(String name, boolean input, boolean text) {
        boolean x = input | attention(name + ".attn1", input, input, tokens);
        x |= attention(name + ".attn2", x, text, words);
        return x | work.feedForward(name + ".ffn", tokens, config.feedForward(), x);
    }

    private boolean attention(String name, boolean from, boolean to, long keys) {
        boolean q = work.square(name + ".to_q", tokens, from);
        boolean k = work.square(name + ".to_k", keys, to);
        boolean v = work.square(name + ".to_v", keys, to);
        return work.square(name + ".to_out.0", tokens, work.attention(tokens, keys, q, k, v));
    }
}
