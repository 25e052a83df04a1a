package dev.sluice.cli.internal;

import dev.sluice.flow.PretrainingData;
import dev.sluice.rewards.ScenesWorld;
import java.util.ArrayList;
import java.util.List;

/**
 * Rendered scenes with their captions; never the same twice.
 *
 * @param seed the seed of the data set
 */
public record SceneBatches(long seed) implements PretrainingData {
    private static final int PIXELS = 3 * ScenesWorld.SIZE * ScenesWorld.SIZE;

    @Override
    public Batch draw(long step, int size) {
        float[] pixels = new float[size * PIXELS];
        List<String> captions = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            ScenesWorld.Example example = ScenesWorld.example(seed, step * size + i);
            System.arraycopy(example.scene().pixels(), 0, pixels, i * PIXELS, PIXELS);
            captions.add(example.prompt().text());
        }
        return new Batch(pixels, captions);
    }
}
