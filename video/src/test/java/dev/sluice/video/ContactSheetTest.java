package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContactSheetTest {
    private static Media flat(int value, int height, int width) {
        byte[] rgb = new byte[3 * height * width];
        Arrays.fill(rgb, (byte) value);
        return Media.image(height, width, rgb);
    }

    @Test
    void picturesStandInRowsEnlargedByWholePixels() {
        Media dot = Media.image(1, 2, new byte[] {10, 20, 30, 40, 50, 60});
        Media sheet = new ContactSheet(2, 3).draw(List.of(dot, dot, dot), List.of());
        assertThat(List.of(sheet.width(), sheet.height())).containsExactly(2 * (6 + 8), 2 * (3 + 8));
        for (int y = 0; y < 3; y++) {
            for (int x = 0; x < 6; x++) {
                assertThat(sheet.value(0, 4 + y, 4 + x, 0)).isEqualTo(x < 3 ? 10 : 40);
                assertThat(sheet.value(0, 11 + 4 + y, 4 + x, 2)).isEqualTo(x < 3 ? 30 : 60);
                assertThat(sheet.value(0, 11 + 4 + y, 14 + 4 + x, 1)).isEqualTo(250); // the fourth place is empty
            }
        }
    }

    @Test
    void labelsAreInkBelowTheirPicture() {
        List<Media> pictures = List.of(flat(200, 8, 8), flat(200, 8, 8));
        Media sheet = new ContactSheet(2, 4).draw(pictures, List.of("ab", ""));
        int[] ink = new int[2];
        for (int y = 4 + 32; y < sheet.height(); y++) {
            for (int x = 0; x < sheet.width(); x++) {
                ink[x / 40] += sheet.value(0, y, x, 0) == 40 ? 1 : 0;
            }
        }
        assertThat(ink[0]).isBetween(20, 40);
        assertThat(ink[1]).isZero();
    }

    @Test
    void longLabelsAreWrappedAndEveryLetterOfASCIIHasAGlyph() {
        StringBuilder all = new StringBuilder();
        for (char c = ' '; c <= '~'; c++) {
            all.append(c);
        }
        List<Media> one = List.of(flat(9, 16, 16));
        int plain = new ContactSheet(1, 4).draw(one, List.of("a circle")).height();
        int three = new ContactSheet(1, 4)
                .draw(one, List.of("a circle left of a star"))
                .height();
        assertThat(three - plain).isEqualTo(2 * 9);
        new ContactSheet(1, 4).draw(one, List.of(all.toString() + "é中"));
    }

    @Test
    void pairsStandSideBySide() {
        Media sheet = new ContactSheet(3, 2)
                .drawPairs(List.of(flat(1, 8, 8), flat(2, 8, 8)), List.of(flat(101, 8, 8), flat(102, 8, 8)), List.of());
        int y = sheet.height() - 10;
        assertThat(List.of(
                        sheet.value(0, y, 5, 0),
                        sheet.value(0, y, 25, 0),
                        sheet.value(0, y, 49, 0),
                        sheet.value(0, y, 69, 0)))
                .containsExactly(1, 101, 2, 102);
    }

    @Test
    void picturesThatDoNotFitTogetherAreRefused() {
        ContactSheet sheet = ContactSheet.forWidth(4, 32);
        assertThat(sheet.scale()).isEqualTo(4);
        assertThatThrownBy(() -> sheet.draw(List.of(), List.of())).hasMessageContaining("at least one picture");
        assertThatThrownBy(() -> sheet.draw(List.of(flat(1, 2, 2), flat(1, 3, 2)), List.of()))
                .hasMessageContaining("must be equal");
        assertThatThrownBy(() -> sheet.draw(List.of(flat(1, 2, 2)), List.of("a", "b")))
                .hasMessageContaining("labels has 2 entries");
        assertThatThrownBy(() -> sheet.drawPairs(List.of(flat(1, 2, 2)), List.of(), List.of()))
                .hasMessageContaining("must be equal");
        assertThatThrownBy(() -> new ContactSheet(0, 1)).hasMessageContaining("must be at least 1");
    }
}
