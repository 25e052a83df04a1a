package dev.sluice.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.flow.PretrainingData;
import dev.sluice.rewards.ArmMotion;
import dev.sluice.rewards.ArmWorld;
import org.junit.jupiter.api.Test;

class ArmBatchesTest {
    @Test
    void everyPixelOfAFrameIsLabelledWithTheDirectionsOfTheLinksThatItShows() {
        ArmBatches batches = new ArmBatches(4);
        PretrainingData.Batch batch = batches.draw(5, 3);
        int area = ArmWorld.SIZE * ArmWorld.SIZE;
        assertThat(batches.pixelLabels()).isEqualTo(4);
        assertThat(batch.labels()).hasSize(3 * 4 * ArmWorld.FRAMES * area);
        for (int i = 0; i < 3; i++) {
            ArmWorld.Example example = ArmWorld.example(4, 15 + i);
            float[] directions = example.motion().directions();
            for (int label = 0; label < ArmMotion.DIRECTIONS; label++) {
                for (int frame = 0; frame < ArmWorld.FRAMES; frame++) {
                    int plane = (i * ArmMotion.DIRECTIONS + label) * ArmWorld.FRAMES + frame;
                    float expected = directions[label * ArmWorld.FRAMES + frame];
                    assertThat(batch.labels()[plane * area]).isEqualTo(expected);
                    assertThat(batch.labels()[plane * area + area - 1]).isEqualTo(expected);
                }
            }
            PretrainingData.Caption caption = batch.captions().get(i);
            assertThat(caption.text()).isEqualTo(example.prompt().text());
            assertThat(caption.labels())
                    .isEqualTo(example.prompt().wordLabels())
                    .hasSize(batches.wordLabels() * caption.text().split(" ").length);
        }
    }
}
