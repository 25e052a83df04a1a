package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Expected values are Pillow's (12.3). */
class BicubicResizeTest {
    /** Returns the 8×8 picture whose values are (37x + 91y + 13xy) mod 256 in every channel. */
    private static Media pattern() {
        byte[] rgb = new byte[3 * 64];
        for (int i = 0; i < rgb.length; i++) {
            int x = i / 3 % 8;
            int y = i / 24;
            rgb[i] = (byte) (37 * x + 91 * y + 13 * x * y);
        }
        return Media.image(8, 8, rgb);
    }

    private static List<List<Integer>> rows(Media media, int channel) {
        List<List<Integer>> rows = new ArrayList<>();
        for (int y = 0; y < media.height(); y++) {
            List<Integer> row = new ArrayList<>();
            for (int x = 0; x < media.width(); x++) {
                row.add(media.value(0, y, x, channel));
            }
            rows.add(row);
        }
        return rows;
    }

    @Test
    void valuesArePillows() {
        for (int channel = 0; channel < 3; channel++) {
            assertThat(rows(BicubicResize.resize(pattern(), 4, 4), channel))
                    .containsExactly(
                            List.of(85, 138, 135, 132),
                            List.of(135, 148, 147, 122),
                            List.of(112, 136, 137, 130),
                            List.of(129, 145, 181, 159));
            assertThat(rows(BicubicResize.resize(pattern(), 5, 3), channel))
                    .containsExactly(
                            List.of(78, 136, 137),
                            List.of(156, 148, 125),
                            List.of(112, 141, 136),
                            List.of(111, 151, 123),
                            List.of(136, 171, 177));
        }
    }

    @Test
    void theSameSizeIsTheSamePictureAndAFlatOneStaysFlat() {
        assertThat(BicubicResize.resize(pattern(), 8, 8).rgb())
                .isEqualTo(pattern().rgb());
        byte[] flat = new byte[3 * 17 * 31];
        Arrays.fill(flat, (byte) 201);
        for (int size : new int[] {1, 5, 16, 40}) {
            assertThat(BicubicResize.resize(Media.image(17, 31, flat), size, size + 3)
                            .rgb())
                    .containsOnly((byte) 201);
        }
    }

    /** The width first, rounded, then the height: whether rows are even or odd in number, and whichever size stays. */
    @Test
    void bothSizesAtOnceAreTheWidthAndThenTheHeight() {
        SplittableRandom random = new SplittableRandom(8);
        for (int height : new int[] {1, 2, 17, 40}) {
            byte[] rgb = new byte[3 * height * 23];
            random.nextBytes(rgb);
            Media picture = Media.image(height, 23, rgb);
            for (int width : new int[] {1, 9, 23, 50}) {
                Media narrowed = BicubicResize.resize(picture, height, width);
                for (int y = 0; y < height; y++) {
                    Media row = Media.image(1, 23, Arrays.copyOfRange(rgb, 69 * y, 69 * (y + 1)));
                    assertThat(BicubicResize.resize(row, 1, width).rgb())
                            .isEqualTo(Arrays.copyOfRange(narrowed.rgb(), 3 * width * y, 3 * width * (y + 1)));
                }
                for (int rows : new int[] {1, 8, 33}) {
                    assertThat(BicubicResize.resize(picture, rows, width).rgb())
                            .isEqualTo(
                                    BicubicResize.resize(narrowed, rows, width).rgb());
                }
            }
        }
    }

    @Test
    void anExtremePictureStaysInRange() {
        byte[] rgb = new byte[3 * 40 * 40];
        Random random = new Random(5);
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (random.nextBoolean() ? 255 : 0);
        }
        Media grown = BicubicResize.resize(Media.image(40, 40, rgb), 90, 77);
        assertThat(grown.height()).isEqualTo(90);
        assertThat(grown.width()).isEqualTo(77);
    }

    @Test
    void theShorterSideDecidesAndTheLongerIsRoundedDown() {
        Media wide = BicubicResize.shorterSide(Media.image(40, 57, new byte[3 * 40 * 57]), 28);
        assertThat(List.of(wide.height(), wide.width())).containsExactly(28, 39);
        Media high = BicubicResize.shorterSide(Media.image(768, 512, new byte[3 * 768 * 512]), 224);
        assertThat(List.of(high.height(), high.width())).containsExactly(336, 224);
    }

    @Test
    void aSizeOfNothingIsRefused() {
        assertThatThrownBy(() -> BicubicResize.resize(pattern(), 0, 4))
                .hasMessage("height and width (0, 4) must be at least 1.");
    }
}
