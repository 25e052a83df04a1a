package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FrameComparisonTest {
    private static final Media ONE = Media.image(1, 2, new byte[] {10, 20, 30, 40, 50, 60});
    private static final Media OTHER = Media.image(1, 2, new byte[] {10, 20, 33, 40, 46, 60});

    @Test
    void differencesAreMeasured() {
        FrameComparison comparison = new FrameComparison(ONE, OTHER);
        assertThat(comparison.meanSquare()).isCloseTo(25 / 6.0, within(1e-12));
        assertThat(comparison.psnr()).isCloseTo(10 * Math.log10(65025 / (25 / 6.0)), within(1e-12));
        assertThat(comparison.meanDifference()).isCloseTo(7 / 6.0, within(1e-12));
        assertThat(comparison.largestDifference()).isEqualTo(4);
        assertThat(new FrameComparison(ONE, ONE).psnr()).isInfinite();
    }

    @Test
    void theHeatMapIsBlackWhereNothingDiffersAndGrowsWithTheDifference() {
        byte[] dark = new byte[3 * 5];
        byte[] bright = new byte[3 * 5];
        for (int i = 0; i < 5; i++) {
            bright[3 * i + 1] = (byte) (i * 24);
        }
        Media heat = new FrameComparison(Media.image(1, 5, dark), Media.image(1, 5, bright)).heatMap();
        int[] light = new int[5];
        for (int i = 0; i < 5; i++) {
            light[i] = heat.value(0, 0, i, 0) + heat.value(0, 0, i, 1) + heat.value(0, 0, i, 2);
        }
        assertThat(light).isSorted().doesNotHaveDuplicates();
        assertThat(light[0]).isZero();
        assertThat(light[4]).isEqualTo(3 * 255);
    }

    @Test
    void picturesStandSideBySide() {
        Media both = new FrameComparison(ONE, OTHER).sideBySide(false);
        assertThat(both.width()).isEqualTo(2 + 4 + 2);
        assertThat(both.value(0, 0, 7, 1)).isEqualTo(46);
        assertThat(new FrameComparison(ONE, OTHER).sideBySide(true).width()).isEqualTo(14);
        assertThatThrownBy(() -> new FrameComparison(ONE, Media.image(2, 1, new byte[6])))
                .hasMessageContaining("they must be equal");
    }

    @Test
    void aConstantRateShowsAtEachTickWhatIsShownThen() throws IOException {
        double[] times = {0, 0.1, 0.15, 0.5};
        List<Integer> shown = new ArrayList<>();
        RateConverter converter =
                new RateConverter(10, frame -> shown.add(frame.image().value(0, 0, 0, 0)));
        for (int i = 0; i < times.length; i++) {
            byte[] rgb = {(byte) i, 0, 0};
            converter.add(new VideoFrame(i, times[i], 0.2, Media.image(1, 1, rgb), Optional.empty()));
        }
        converter.finish();
        assertThat(shown).containsExactly(0, 1, 2, 2, 2, 3, 3);
    }
}
