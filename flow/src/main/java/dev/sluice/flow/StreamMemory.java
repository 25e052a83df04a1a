package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import java.util.Optional;

/**
 * What a network remembers of the chunks of a video that it has made: the keys and values of their tokens in every block, those of
 * the first chunk (the sink) before those of the newest ones. It takes the same memory however long the video gets. A chunk that no
 * longer fits is absorbed by the sink:
 *
 * <pre>K_sink ← α·K_sink + (1 − α)·K_evicted, and the same for V.</pre>
 *
 * With α = 1 the sink stays the first chunk, with α = 0 it is the chunk that left last.
 *
 * <p>Keys are remembered before they are turned to their positions; positions count from 0 over what is remembered, so they stay
 * those of a short video.
 *
 * <p>Source: Reward Forcing (2025), EMA-Sink; its {@code wan/modules/causal_model.py}. Differs: the sink is one chunk or nothing,
 * where the code overwrites a sink of another length with what leaves; arrays are float32 whatever the network computes in, because
 * in bfloat16 a share of 0.001 is lost.
 *
 * <p>Memory: (chunks − 1)·(keys and values of a chunk), in a manager of its own.
 */
public final class StreamMemory implements AutoCloseable {
    private final NDManager manager;
    private final Rule rule;
    private NDArray keys;
    private NDArray values;
    private int chunks;
    private boolean open;

    /**
     * How much is remembered.
     *
     * @param chunks that a network sees at a time, the one that it makes included, at least 2
     * @param sink whether the first chunk stays and absorbs those that leave
     * @param decay α, the share that the sink keeps, in [0, 1]; means nothing without a sink
     */
    public record Rule(int chunks, boolean sink, double decay) {
        /** The share that the paper's sink keeps. */
        public static final double DECAY = 0.999;

        public Rule {
            Require.atLeast("chunks", chunks, 2);
            Require.within("decay", decay, 0, 1);
        }
    }

    /** Creates an empty memory whose arrays live in a child of {@code owner}. */
    public StreamMemory(NDManager owner, Rule rule) {
        this.manager = owner.newSubManager();
        this.rule = rule;
    }

    /** Runs a pass of the network whose keys and values are kept: that of a finished chunk. */
    public void remembering(Runnable pass) {
        open = true;
        try {
            pass.run();
        } finally {
            open = false;
        }
    }

    /**
     * Takes what a pass of the network leaves, if it is one that {@linkplain #remembering is kept}.
     *
     * @param ownKeys shape (blocks, B, heads, tokens, features of a head), float32; stays the caller's
     * @param ownValues likewise
     */
    public void offer(NDArray ownKeys, NDArray ownValues) {
        if (!open) {
            return;
        }
        if (keys != null) {
            requireFits(ownKeys);
        }
        try (Torch.Scope off = Torch.noGradient()) {
            keys = next(keys, ownKeys);
            values = next(values, ownValues);
        }
        chunks = Math.min(chunks + 1, rule.chunks() - 1);
    }

    private void requireFits(NDArray own) {
        long tokens = keys.getShape().get(3) / chunks;
        Require.shape(
                "keys",
                own,
                keys.getShape().get(0),
                keys.getShape().get(1),
                keys.getShape().get(2),
                tokens,
                keys.getShape().get(4));
    }

    private NDArray next(NDArray held, NDArray own) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray all =
                    held == null ? own.duplicate() : held.getNDArrayInternal().concat(new NDList(own), 3);
            all.attach(scratch);
            NDArray kept = chunks + 1 < rule.chunks()
                    ? all
                    : without(all, own.getShape().get(3));
            kept.attach(manager);
            if (held != null) {
                held.close();
            }
            return kept;
        }
    }

    /** Returns all but the oldest chunk after the sink, which absorbs it. */
    private NDArray without(NDArray all, long size) {
        if (!rule.sink()) {
            return part(all, size, all.getShape().get(3)).duplicate();
        }
        NDArray sink = Torch.scaled(part(all, 0, size), rule.decay())
                .add(Torch.scaled(part(all, size, 2 * size), 1 - rule.decay()));
        long end = all.getShape().get(3);
        return end == 2 * size ? sink : sink.getNDArrayInternal().concat(new NDList(part(all, 2 * size, end)), 3);
    }

    private static NDArray part(NDArray all, long first, long end) {
        return all.get(new NDIndex(":, :, :, {}:{}", first, end));
    }

    /** Returns the keys, shape (blocks, B, heads, tokens, features of a head), the oldest first; nothing before the first chunk. */
    public Optional<NDArray> keys() {
        return Optional.ofNullable(keys);
    }

    /** Returns the values, shaped and ordered like the keys. */
    public Optional<NDArray> values() {
        return Optional.ofNullable(values);
    }

    /** Returns how many chunks' worth is held. */
    public int chunks() {
        return chunks;
    }

    @Override
    public void close() {
        manager.close();
    }
}
