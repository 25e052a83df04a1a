package dev.sluice.rewards.internal.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.TestMedia;
import dev.sluice.rewards.internal.Luma;
import dev.sluice.video.Media;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

/** Pictures whose measures were computed elsewhere, with NumPy. */
class LumaMeasuresTest {
    private interface Painter {
        double value(int y, int x);
    }

    private static Luma luma(Painter painter) {
        double[] values = new double[64 * 64];
        for (int i = 0; i < values.length; i++) {
            values[i] = painter.value(i / 64, i % 64);
        }
        return new Luma(64, 64, values);
    }

    private static Luma noise() {
        IntSupplier bytes = TestMedia.bytes();
        return luma((y, x) -> bytes.getAsInt());
    }

    private static Luma blocks() {
        IntSupplier bytes = TestMedia.bytes();
        int[] values = new int[64];
        for (int i = 0; i < 64; i++) {
            values[i] = bytes.getAsInt();
        }
        return luma((y, x) -> values[y / 8 * 8 + x / 8]);
    }

    private static final Luma RAMP = luma((y, x) -> 2 * x + y);
    private static final Luma STEP = luma((y, x) -> x < 32 ? 50 : 200);
    private static final Luma RINGING = luma((y, x) -> x < 32 ? 50 - echo(31 - x) : 200 + echo(x - 32));
    private static final Luma WAVES =
            luma((y, x) -> 128 + 64 * Math.sin(2 * Math.PI * x / 16) * Math.sin(2 * Math.PI * y / 16));

    private static double echo(int distance) {
        return 20 * Math.exp(-distance / 3.0) * Math.cos(Math.PI * distance);
    }

    private static void measures(
            Luma luma, double mean, double blockiness, double laplacian, double noise, double strength, int... counts) {
        assertThat(luma.mean()).isCloseTo(mean, within(1e-6));
        assertThat(LumaMeasures.blockiness(luma, 8)).isCloseTo(blockiness, within(1e-6));
        assertThat(LumaMeasures.laplacianVariance(luma)).isCloseTo(laplacian, within(1e-4));
        assertThat(LumaMeasures.noise(luma)).isCloseTo(noise, within(1e-6));
        Ringing ringing = Ringing.of(luma);
        assertThat(ringing.strength()).isCloseTo(strength, within(1e-6));
        assertThat(new int[] {ringing.edges(), ringing.near(), ringing.far()}).containsExactly(counts);
    }

    @Test
    void measuresEqualTheReference() {
        measures(noise(), 128.334717, 0.004188, 109835.5621, 76.086612, 0, 3023, 0, 0);
        measures(blocks(), 118.03125, 0.990068, 7532.0245, 1.518279, 0, 1186, 887, 0);
        measures(RAMP, 94.5, 0, 0, 0, 0, 0, 0, 4096);
        measures(STEP, 125, 0.477707, 725.8065, 0, 0, 128, 384, 2944);
        measures(RINGING, 125, 0.359198, 1853.5851, 0, 5.359477, 128, 384, 2944);
        measures(WAVES, 128, 0.237457, 100.2340, 0.127915, 0, 0, 0, 4096);
    }

    @Test
    void noiseIsMeasuredByItsDeviation() {
        Random random = new Random(3);
        double[] values = random.doubles(256 * 256)
                .map(unused -> 128 + 10 * random.nextGaussian())
                .toArray();
        // the standard error over 65,000 pixels is about 0.04
        assertThat(LumaMeasures.noise(new Luma(256, 256, values))).isCloseTo(10, within(0.15));
    }

    @Test
    void colourfulnessEqualsTheReference() {
        IntSupplier bytes = TestMedia.bytes();
        byte[] rgb = new byte[64 * 64 * 3];
        byte[] red = new byte[rgb.length];
        byte[] half = new byte[rgb.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) bytes.getAsInt();
            red[i] = (byte) (i % 3 == 0 ? 255 : 0);
            half[i] = (byte) (i % 3 == (i / 3 % 64 < 32 ? 0 : 2) ? 255 : 0);
        }
        assertThat(Colours.of(Media.image(64, 64, rgb), 0).colourfulness()).isCloseTo(138.662368, within(1e-6));
        assertThat(Colours.of(Media.image(64, 64, red), 0)).isEqualTo(new Colours(0.3 * Math.hypot(255, 127.5), 1));
        assertThat(0.3 * Math.hypot(255, 127.5)).isCloseTo(85.5296, within(1e-6));
        assertThat(Colours.of(Media.image(64, 64, half), 0).colourfulness()).isCloseTo(272.618694, within(1e-6));
    }

    @Test
    void theTransformIsFouriers() {
        Random random = new Random(4);
        double[] real = random.doubles(16).toArray();
        double[] imaginary = random.doubles(16).toArray();
        double[] re = real.clone();
        double[] im = imaginary.clone();
        GridEnergy.transform(re, im);
        for (int k = 0; k < 16; k++) {
            double sumRe = 0;
            double sumIm = 0;
            for (int i = 0; i < 16; i++) {
                double angle = -2 * Math.PI * k * i / 16;
                sumRe += real[i] * Math.cos(angle) - imaginary[i] * Math.sin(angle);
                sumIm += real[i] * Math.sin(angle) + imaginary[i] * Math.cos(angle);
            }
            assertThat(re[k]).isCloseTo(sumRe, within(1e-12));
            assertThat(im[k]).isCloseTo(sumIm, within(1e-12));
        }
    }

    @Test
    void onlyPatternsOfEverySecondPixelAreAGrid() {
        for (Luma plain : new Luma[] {RAMP, STEP, WAVES, noise(), blocks()}) {
            assertThat(GridEnergy.of(plain)).isLessThan(5);
        }
        assertThat(GridEnergy.of(luma((y, x) -> 100 + x + (y + x) % 2 * 4))).isGreaterThan(100);
        assertThat(GridEnergy.of(luma((y, x) -> 100 + x + y % 2 * 4))).isGreaterThan(100);
    }
}
