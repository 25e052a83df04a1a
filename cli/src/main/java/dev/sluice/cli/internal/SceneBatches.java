package dev.sluice.cli.internal;

import dev.sluice.flow.PretrainingData;
import dev.sluice.rewards.SceneDrawing;
import dev.sluice.rewards.SceneShape;
import dev.sluice.rewards.ScenesWorld;
import java.util.ArrayList;
import java.util.List;

/**
 * Rendered scenes with their captions; never the same twice.
 *
 * @param drawing how they are drawn
 * @param seed the seed of the data set
 */
public record SceneBatches(SceneDrawing drawing, long seed) implements PretrainingData {
    private static final int PIXELS = 3 * ScenesWorld.SIZE * ScenesWorld.SIZE;
    private static final int SHAPES = SceneShape.values().length;
    private static final int LABELS = SHAPES * ScenesWorld.SIZE * ScenesWorld.SIZE;

    /** A pixel's labels are the shares of it that each shape covers. */
    @Override
    public int pixelLabels() {
        return SHAPES;
    }

    @Override
    public int wordLabels() {
        return ScenesWorld.WORD_LABELS;
    }

    @Override
    public Batch draw(long step, int size) {
        float[] pixels = new float[size * PIXELS];
        float[] labels = new float[size * LABELS];
        List<Caption> captions = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            ScenesWorld.Example example = ScenesWorld.example(drawing, seed, step * size + i);
            System.arraycopy(example.scene().pixels(), 0, pixels, i * PIXELS, PIXELS);
            System.arraycopy(example.scene().shapes(), 0, labels, i * LABELS, LABELS);
            captions.add(new Caption(example.caption().text(), example.caption().labels()));
        }
        return new Batch(pixels, labels, captions);
    }
}
