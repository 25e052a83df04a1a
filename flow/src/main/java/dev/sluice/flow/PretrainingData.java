package dev.sluice.flow;

import java.util.List;

/** Images with captions to pretrain on; the same step gives the same batch, so that a resumed run sees what it would have. */
@FunctionalInterface
public interface PretrainingData {
    /**
     * A batch.
     *
     * @param pixels B × channels × rows × columns, in [-1, 1]
     * @param captions B texts
     */
    record Batch(float[] pixels, List<String> captions) {}

    /** Returns the batch of a step, counted from 0. */
    Batch draw(long step, int size);
}
