package dev.sluice.flow;

/**
 * What a pass of one sample through a transformer holds for its backward pass, in bytes, counted from the model's sizes: what the
 * operators keep, as they are written. The engine's allocator needs more, {@link #ALLOCATOR} times as much.
 *
 * @param block what the graph of one block keeps, the mean over the blocks
 * @param state what goes from block to block
 * @param passing what a block makes and lets go again, forward or back
 * @param alone the same of a block forward without a graph, as samples are made
 * @param blocks number of blocks
 */
public record PassMemory(double block, double state, double passing, double alone, int blocks) {
    /** Bytes that a process's peak grows by for each byte that is kept; measured, see docs/performance.md. */
    public static final double ALLOCATOR = 1.25;

    /**
     * Returns the bytes of a pass forward and back.
     *
     * @param segments as in {@link MemoryPolicy}
     */
    public double bytes(int segments) {
        int kept = segments == 0 ? 1 : Math.min(segments, blocks) + 2;
        return ALLOCATOR * blocksAtOnce(segments) * block + kept * state + passing;
    }

    /** Returns the bytes of a pass forward without a graph. */
    public double sampling() {
        return ALLOCATOR * alone + state;
    }

    /** Returns how many blocks have a graph at one time. */
    public int blocksAtOnce(int segments) {
        int count = Math.max(1, Math.min(segments, blocks));
        return (blocks + count - 1) / count;
    }
}
