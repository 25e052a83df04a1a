package dev.sluice.cli.internal;

import dev.sluice.flow.PretrainingData;
import dev.sluice.rewards.ArmMotion;
import dev.sluice.rewards.ArmPrompt;
import dev.sluice.rewards.ArmWorld;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rendered videos of the arm with their captions; never the same twice.
 *
 * @param seed the seed of the data set
 */
public record ArmBatches(long seed) implements PretrainingData {
    private static final int AREA = ArmWorld.SIZE * ArmWorld.SIZE;
    private static final int PIXELS = 3 * ArmWorld.FRAMES * AREA;

    /** All pixels of a frame have those of the frame: the directions of the arm's links. */
    @Override
    public int pixelLabels() {
        return ArmMotion.DIRECTIONS;
    }

    @Override
    public int wordLabels() {
        return ArmPrompt.WORD_LABELS;
    }

    @Override
    public Batch draw(long step, int size) {
        float[] pixels = new float[size * PIXELS];
        int planes = ArmMotion.DIRECTIONS * ArmWorld.FRAMES;
        float[] labels = new float[size * planes * AREA];
        List<Caption> captions = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            ArmWorld.Example example = ArmWorld.example(seed, step * size + i);
            System.arraycopy(example.motion().pixels(), 0, pixels, i * PIXELS, PIXELS);
            float[] directions = example.motion().directions();
            for (int plane = 0; plane < planes; plane++) {
                int at = (i * planes + plane) * AREA;
                Arrays.fill(labels, at, at + AREA, directions[plane]);
            }
            ArmPrompt prompt = example.prompt();
            captions.add(new Caption(prompt.text(), prompt.wordLabels()));
        }
        return new Batch(pixels, labels, captions);
    }
}
