package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.SplittableRandom;
import net.imglib2.img.Img;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import org.junit.jupiter.api.Test;

class PixelsTest {
    @Test
    void theViewSharesTheBytesAndHasChannelFirst() {
        byte[] rgb = new byte[2 * 4 * 5 * 3];
        new Random(1).nextBytes(rgb);
        Media media = new Media(2, 4, 5, rgb, 8);
        Img<UnsignedByteType> view = Pixels.view(media);
        assertThat(view.dimensionsAsLongArray()).containsExactly(3, 5, 4, 2);
        var access = view.randomAccess();
        for (int frame = 0; frame < 2; frame++) {
            for (int y = 0; y < 4; y++) {
                for (int x = 0; x < 5; x++) {
                    for (int c = 0; c < 3; c++) {
                        access.setPosition(new int[] {c, x, y, frame});
                        assertThat(access.get().get()).isEqualTo(media.value(frame, y, x, c));
                    }
                }
            }
        }
        access.get().set(77);
        assertThat(media.value(1, 3, 4, 2)).isEqualTo(77);
    }

    @Test
    void eightBitValuesAreRoundedHalfToEvenAndLimited() {
        float[] planes = {0.5f / 255, 1.5f / 255, 2.5f / 255, -3, 7, 0.1f};
        Media media = Pixels.image(planes, 1, 2);
        // red plane (0.5, 1.5), green plane (2.5, -765), blue plane (1785, 25.5)
        assertThat(media.rgb()).containsExactly(0, 2, 255, 2, 0, 26);
    }

    @Test
    void signedValuesAreFirstMovedToTheUnitRange() {
        assertThat(Pixels.signedImage(new float[] {-1, 0, 1}, 1, 1).rgb()).containsExactly(0, (byte) 128, (byte) 255);
        assertThat(Pixels.signedImage(new float[] {-2, -0.5f, 2}, 1, 1).rgb()).containsExactly(0, 64, (byte) 255);
    }

    @Test
    void anImageSurvivesTheWayToFloatsAndBack() {
        byte[] rgb = new byte[3 * 16 * 16];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) i;
        }
        Media media = Media.image(16, 16, rgb);
        assertThat(Pixels.image(Pixels.planes(media, 0), 16, 16).rgb()).isEqualTo(rgb);
    }

    @Test
    void valuesThatAreNoPictureAreRefusedAndNotMadeAColour() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] planes = {0, 0, bad};
            assertThat(Pixels.finite(planes)).isFalse();
            assertThatThrownBy(() -> Pixels.image(planes, 1, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("planes[2] (%s) must be finite.", bad);
        }
        assertThat(Pixels.finite(new float[] {0, 1})).isTrue();
        assertThatThrownBy(() -> Pixels.image(new float[4], 1, 1)).hasMessageContaining("needs 3");
        assertThatThrownBy(() -> Pixels.planes(Media.image(1, 1, new byte[3]), 1))
                .hasMessage("frame (1) must be at least 0 and below 1.");
    }

    @Test
    void randomPlanesKeepTheirChannelOrder() {
        SplittableRandom random = new SplittableRandom(5);
        float[] planes = new float[3 * 3 * 4];
        for (int i = 0; i < planes.length; i++) {
            planes[i] = random.nextInt(256) / 255f;
        }
        Media media = Pixels.image(planes, 3, 4);
        assertThat(media.value(0, 2, 1, 1)).isEqualTo(Math.round(planes[12 + 2 * 4 + 1] * 255));
    }
}
