package dev.sluice.flow;

import java.util.List;

/** Images with captions to pretrain on; the same step gives the same batch, so that a resumed run sees what it would have. */
public interface PretrainingData {
    /**
     * A batch.
     *
     * @param pixels B × 3 × rows × columns, in [-1, 1]
     * @param labels B × {@link #pixelLabels()} × rows × columns: what each pixel shows; empty without labels
     * @param captions B texts
     */
    record Batch(float[] pixels, float[] labels, List<String> captions) {}

    /** Returns how many labels a pixel has; 0 for none. */
    default int pixelLabels() {
        return 0;
    }

    /** Returns how many labels a caption has; 0 for none. */
    default int captionLabels() {
        return 0;
    }

    /** Returns the {@link #captionLabels()} labels of a caption: what it asks for; those of an empty caption are all 0. */
    default float[] label(String caption) {
        return new float[captionLabels()];
    }

    /** Returns the batch of a step, counted from 0. */
    Batch draw(long step, int size);
}
