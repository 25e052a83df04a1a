package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_JPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_MPEG;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV420P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV420P10;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV422P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV444P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV444P10;

import dev.sluice.video.internal.RawClip;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Samples of known value against the formulas of ITU-R BT.601, BT.709 and BT.2020, written out. */
class ColourTest {
    private static final int UNSPECIFIED = 2;

    @TempDir
    Path folder;

    /** Returns red, green and blue of luma and chroma. */
    private static double[] rgb(double kr, double kb, boolean full, int bits, int... sample) {
        double scale = 1 << (bits - 8);
        double y = full ? sample[0] / (scale * 256 - 1) : (sample[0] / scale - 16) / 219;
        double span = full ? scale * 256 - 1 : scale * 224;
        double cb = (sample[1] - 128 * scale) / span;
        double cr = (sample[2] - 128 * scale) / span;
        double red = y + 2 * (1 - kr) * cr;
        double blue = y + 2 * (1 - kb) * cb;
        double green = (y - kr * red - kb * blue) / (1 - kr - kb);
        return Arrays.stream(new double[] {red, green, blue})
                .map(value -> 255 * Math.max(0, Math.min(1, value)))
                .toArray();
    }

    private void check(int format, int height, int matrix, double kr, double kb, boolean full, int bits)
            throws IOException {
        int shift = bits - 8;
        int[][] samples = {
            {81, 90, 240},
            {145, 54, 34},
            {41, 240, 110},
            {235, 128, 128},
            {16, 128, 128},
            {126, 128, 128},
            {170, 100, 150}
        };
        for (int[] eight : samples) {
            int[] sample = Arrays.stream(eight).map(value -> value << shift).toArray();
            Path file = folder.resolve("a.mkv");
            RawClip.flat(file, height, 64, format, matrix, full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG, sample);
            Media image = MediaFiles.read(file);
            double[] expected = rgb(kr, kb, full, bits, sample);
            for (int c = 0; c < 3; c++) {
                for (int[] at : new int[][] {{0, 0}, {height / 2, 31}, {height - 1, 63}}) {
                    assertThat((double) image.value(0, at[0], at[1], c))
                            .as(
                                    "%s at %s, channel %s, matrix %s, full %s",
                                    Arrays.toString(sample), at[0], c, matrix, full)
                            .isCloseTo(expected[c], within(1.51));
                }
            }
        }
    }

    @Test
    void matricesAndRangesAreThoseOfTheFile() throws IOException {
        for (boolean full : new boolean[] {false, true}) {
            check(AV_PIX_FMT_YUV420P, 48, 1, 0.2126, 0.0722, full, 8);
            check(AV_PIX_FMT_YUV420P, 48, 6, 0.299, 0.114, full, 8);
            check(AV_PIX_FMT_YUV444P, 48, 5, 0.299, 0.114, full, 8);
            check(AV_PIX_FMT_YUV422P, 48, 9, 0.2627, 0.0593, full, 8);
        }
    }

    @Test
    void coloursOfTheShortWayAreTwoLevelsOffAtMost() throws IOException {
        Path file = folder.resolve("a.mp4");
        MediaFiles.write(Clips.clip(2, 64, 96, 16), file);
        Media exact = Clips.read(file, ReadOptions.DEFAULT).get(1).image();
        Media quick =
                Clips.read(file, ReadOptions.DEFAULT.withQuickColours()).get(1).image();
        assertThat(quick.rgb()).isNotEqualTo(exact.rgb());
        int[] flat = {81, 90, 240};
        RawClip.flat(folder.resolve("b.mkv"), 48, 64, AV_PIX_FMT_YUV420P, 1, AVCOL_RANGE_MPEG, flat);
        Media image = Clips.read(folder.resolve("b.mkv"), ReadOptions.DEFAULT.withQuickColours())
                .get(0)
                .image();
        double[] expected = rgb(0.2126, 0.0722, false, 8, flat);
        for (int c = 0; c < 3; c++) {
            assertThat((double) image.value(0, 20, 30, c)).isCloseTo(expected[c], within(2.0));
        }
    }

    @Test
    void tenBitsAreRead() throws IOException {
        for (boolean full : new boolean[] {false, true}) {
            check(AV_PIX_FMT_YUV420P10, 48, 1, 0.2126, 0.0722, full, 10);
            check(AV_PIX_FMT_YUV444P10, 48, 6, 0.299, 0.114, full, 10);
        }
    }

    @Test
    void aFileThatDoesNotSayIsTakenAsPlayersDo() throws IOException {
        check(AV_PIX_FMT_YUV420P, 576, UNSPECIFIED, 0.299, 0.114, false, 8);
        check(AV_PIX_FMT_YUV420P, 720, UNSPECIFIED, 0.2126, 0.0722, false, 8);
    }

    @Test
    void whatIsWrittenComesBackInItsColours() throws IOException {
        int[][] patches = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}, {0, 0, 0}, {200, 120, 40}};
        for (int height : new int[] {64, 720}) {
            for (String name : new String[] {"a.mp4", "a.webm"}) {
                for (int[] patch : height == 64 ? patches : Arrays.copyOfRange(patches, 4, 6)) {
                    byte[] rgb = new byte[3 * height * 64];
                    for (int i = 0; i < rgb.length; i++) {
                        rgb[i] = (byte) patch[i % 3];
                    }
                    Path file = folder.resolve(name);
                    MediaFiles.write(Media.image(height, 64, rgb), file);
                    Media image = MediaFiles.read(file);
                    for (int c = 0; c < 3; c++) {
                        assertThat(image.value(0, height / 2, 32, c))
                                .as("%s of %s rows, %s", name, height, Arrays.toString(patch))
                                .isCloseTo(patch[c], within(4));
                    }
                    try (VideoReader reader = VideoReader.open(file)) {
                        assertThat(reader.info().colours().matrix()).isEqualTo(height == 64 ? "bt601" : "bt709");
                        assertThat(reader.info().colours().assumed()).isFalse();
                        assertThat(reader.info().colours().fullRange()).isFalse();
                    }
                }
            }
        }
    }
}
