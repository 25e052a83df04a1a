package dev.sluice.flow;

import java.util.List;

/** Images or videos with captions to pretrain on; the same step gives the same batch, so that a resumed run sees what it would have. */
public interface PretrainingData {
    /**
     * A batch.
     *
     * @param pixels B × 3 × rows × columns, or B × 3 × frames × rows × columns of videos, in [-1, 1]
     * @param labels B × {@link #pixelLabels()} × rows × columns, or × frames × rows × columns of videos: what each pixel shows, or what
     *     the frame it is in shows; empty without labels
     * @param captions B of them
     */
    record Batch(float[] pixels, float[] labels, List<Caption> captions) {}

    /**
     * A caption.
     *
     * @param text its words
     * @param labels what the words ask for: {@link #wordLabels()} numbers for one word after another; empty without labels
     */
    record Caption(String text, float[] labels) {
        /** For guidance: asks for nothing. */
        static final Caption EMPTY = new Caption("", new float[0]);

        /** Returns a caption without labels. */
        public static Caption of(String text) {
            return new Caption(text, new float[0]);
        }
    }

    /** Returns how many labels a pixel has; 0 for none. */
    default int pixelLabels() {
        return 0;
    }

    /** Returns how many labels a word of a caption has; 0 for none. */
    default int wordLabels() {
        return 0;
    }

    /** Returns the batch of a step, counted from 0. */
    Batch draw(long step, int size);
}
