package dev.sluice.cli.internal;

import dev.sluice.flow.PretrainingData;
import dev.sluice.rewards.ArmWorld;
import java.util.ArrayList;
import java.util.List;

/**
 * Rendered videos of the arm with their captions; never the same twice.
 *
 * @param seed the seed of the data set
 */
public record ArmBatches(long seed) implements PretrainingData {
    private static final int PIXELS = 3 * ArmWorld.FRAMES * ArmWorld.SIZE * ArmWorld.SIZE;

    @Override
    public Batch draw(long step, int size) {
        float[] pixels = new float[size * PIXELS];
        List<Caption> captions = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            ArmWorld.Example example = ArmWorld.example(seed, step * size + i);
            System.arraycopy(example.motion().pixels(), 0, pixels, i * PIXELS, PIXELS);
            captions.add(Caption.of(example.prompt().text()));
        }
        return new Batch(pixels, new float[0], captions);
    }
}
