package dev.sluice.rewards.internal.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextDetectionTest {
    private static float[] map(TextBox... boxes) {
        float[] map = new float[200 * 100];
        for (int i = 0; i < map.length; i++) {
            for (TextBox box : boxes) {
                map[i] = Math.max(map[i], box.has(i % 200 + 0.5, Math.floorDiv(i, 200) + 0.5) ? 0.9f : 0);
            }
        }
        return map;
    }

    @Test
    void boxesAreGrownAndScaledAndInTheOrderOfReading() {
        TextBox left = new TextBox(50, 20, 60, 10, 0);
        TextBox right = new TextBox(140, 18, 60, 10, 0);
        TextBox below = new TextBox(60, 60, 80, 12, 0);
        List<TextBox> found = TextDetection.boxes(map(below, right, left), 200, 2, 2);
        assertThat(found).hasSize(3);
        assertThat(found.get(0).x()).isCloseTo(101, within(1.0));
        assertThat(found.get(1).x()).isCloseTo(281, within(1.0));
        assertThat(found.get(2).y()).isCloseTo(121, within(1.0));
        // 61×11 after widening, grown by 61·11·1.6/144 on every side, twice as large in the picture
        double border = 61 * 11 * 1.6 / 144;
        assertThat(found.get(0).width()).isCloseTo(2 * (61 + 2 * border), within(1e-6));
        assertThat(found.get(0).height()).isCloseTo(2 * (11 + 2 * border), within(1e-6));
        assertThat(TextDetection.boxes(new float[20_000], 200, 1, 1)).isEmpty();
    }

    @Test
    void aSlantedLineHasASlantedBox() {
        TextBox slanted = new TextBox(100, 50, 90, 14, Math.toRadians(20));
        TextBox found = TextDetection.boxes(map(slanted), 200, 1, 1).get(0);
        assertThat(Math.toDegrees(found.angle())).isCloseTo(20, within(2.0));
        assertThat(found.width() / found.height()).isBetween(2.5, 4.0);
        assertThat(found.at(0, 0)[0]).isLessThan(found.at(1, 0)[0]);
    }
}
