package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundTripTest {
    private static final int FRAMES = 24;

    @TempDir
    Path folder;

    /** The ratio of peak to noise that each format keeps of this clip, whose colours 4:2:0 halves at the square's edge. */
    @ParameterizedTest
    @CsvSource({
        "a.mp4,    h264,   33,  0",
        "a.webm,   vp9,    33,  0.0006",
        "a.mkv,    ffv1,   inf, 0.0006",
        "a.gif,    gif,    36,  0.0051",
        "a.webp,   webp,   32,  0.0006",
        "a.apng,   apng,   inf, 0",
        "frames,   png,    inf, 0",
    })
    void everyFrameComesBackInOrderAtItsTime(String name, String codec, String decibels, double timeError)
            throws IOException {
        Path file = folder.resolve(name);
        Media clip = Clips.clip(FRAMES, Clips.HEIGHT, Clips.WIDTH, 16);
        MediaFiles.write(clip, file);
        List<VideoFrame> frames = Clips.read(file, ReadOptions.DEFAULT);
        assertThat(frames).hasSize(FRAMES);
        for (int i = 0; i < FRAMES; i++) {
            VideoFrame frame = frames.get(i);
            assertThat(frame.index()).isEqualTo(i);
            assertThat(frame.seconds()).isCloseTo(i / 16.0, within(timeError + 1e-12));
            double own = Clips.psnr(Clips.frame(i, Clips.HEIGHT, Clips.WIDTH), frame.image());
            assertThat(own).isGreaterThanOrEqualTo(decibels.equals("inf") ? 1e9 : Double.parseDouble(decibels));
            for (int near : new int[] {i - 1, i + 1}) {
                assertThat(Clips.psnr(Clips.frame(near, Clips.HEIGHT, Clips.WIDTH), frame.image()))
                        .isLessThan(own - 3);
            }
        }
        try (VideoReader reader = VideoReader.open(file)) {
            assertThat(reader.times()).hasSize(FRAMES);
            assertThat(reader.info().codec()).isEqualTo(codec);
            assertThat(reader.info().framesPerSecond()).isCloseTo(16, within(0.02));
            assertThat(reader.info().height()).isEqualTo(Clips.HEIGHT);
        }
        assertThat(MediaFiles.read(file).frames()).isEqualTo(FRAMES);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @ParameterizedTest
    @CsvSource({"a.mp4, 0.00001", "a.webm, 0.0006", "a.mkv, 0.0006", "a.gif, 0.0051", "a.webp, 0.0006", "a.apng, 0.0006"
    })
    void timesThatVaryAreKept(String name, double timeError) throws IOException {
        Path file = folder.resolve(name);
        double[] times = new double[12];
        try (VideoWriter writer = VideoWriter.open(file, 32, 48, WriteOptions.TIMED)) {
            for (int i = 0; i < times.length; i++) {
                times[i] = i * i * 0.0173 + i * 0.04;
                writer.write(new VideoFrame(i, times[i], 0.1, Clips.frame(i, 32, 48), Optional.empty()));
            }
            writer.finish();
        }
        List<VideoFrame> frames = Clips.read(file, ReadOptions.DEFAULT);
        assertThat(frames).hasSize(times.length);
        for (int i = 0; i < times.length; i++) {
            assertThat(frames.get(i).seconds()).isCloseTo(times[i], within(timeError));
        }
        try (VideoReader reader = VideoReader.open(file)) {
            for (int i : new int[] {7, 2, 11}) {
                reader.seek(times[i] + 0.03);
                VideoFrame frame = reader.next().orElseThrow();
                assertThat(frame.index()).isEqualTo(i);
                assertThat(frame.image().rgb()).isEqualTo(frames.get(i).image().rgb());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"a.mkv, 0", "a.apng, 0", "a.webp, 0", "a.webm, 2", "frames, 0"})
    void transparencyIsKeptWhereItIsAskedForAndLaidOnWhiteElsewhere(String name, int error) throws IOException {
        Path file = folder.resolve(name);
        byte[] alpha = new byte[32 * 48];
        for (int i = 0; i < alpha.length; i++) {
            alpha[i] = (byte) Math.min(255, 20 + i / 48 * 9);
        }
        Media image = Clips.frame(1, 32, 48);
        try (VideoWriter writer =
                VideoWriter.open(file, 32, 48, WriteOptions.at(10).withAlpha().withQuality(100))) {
            for (int i = 0; i < 3; i++) {
                writer.write(new VideoFrame(i, i, 1, Clips.frame(i, 32, 48), Optional.of(alpha)));
            }
            writer.finish();
        }
        VideoFrame kept = Clips.read(file, ReadOptions.DEFAULT.withAlpha()).get(1);
        VideoFrame flat = Clips.read(file, ReadOptions.DEFAULT).get(1);
        assertThat(flat.alpha()).isEmpty();
        for (int i = 0; i < alpha.length; i++) {
            int opacity = alpha[i] & 0xFF;
            assertThat(kept.alpha().orElseThrow()[i] & 0xFF).isCloseTo(opacity, within(error));
            int red = image.value(0, i / 48, i % 48, 0);
            if (error == 0) {
                assertThat(kept.image().value(0, i / 48, i % 48, 0)).isEqualTo(red);
                assertThat(flat.image().value(0, i / 48, i % 48, 0))
                        .isCloseTo((int) Math.rint((red * opacity + 255 * (255 - opacity)) / 255.0), within(1));
            }
        }
    }

    @Test
    void oddSizesAreKeptExceptInMp4WhichRepeatsTheLastRowAndColumn() throws IOException {
        for (String name : List.of("a.webm", "a.mkv", "a.gif", "a.webp", "a.apng", "a.mp4")) {
            Path file = folder.resolve(name);
            MediaFiles.write(Clips.clip(2, 33, 47, 8), file);
            Media read = MediaFiles.read(file);
            int more = name.endsWith("mp4") ? 1 : 0;
            assertThat(List.of(read.height(), read.width())).as(name).containsExactly(33 + more, 47 + more);
        }
        Media padded = MediaFiles.read(folder.resolve("a.mp4"));
        assertThat(padded.value(0, 33, 10, 0)).isCloseTo(padded.value(0, 32, 10, 0), within(6));
    }

    @Test
    void framesOfAtMost256ColoursAreExactInGif() throws IOException {
        byte[] rgb = new byte[3 * 16 * 16];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i / 3 * (1 + i % 3) * 7);
        }
        Media image = new Media(1, 16, 16, rgb, 0);
        MediaFiles.write(image, folder.resolve("a.gif"));
        assertThat(MediaFiles.read(folder.resolve("a.gif")).rgb()).isEqualTo(rgb);
    }

    @Test
    void framesOfFewColoursThatChangeAreExactInGif() throws IOException {
        byte[] rgb = new byte[8 * 3 * 16 * 16];
        for (int i = 0; i < rgb.length; i++) {
            int frame = i / (3 * 16 * 16);
            rgb[i] = (byte) (i / 3 % 16 < 4 ? 0 : 20 * frame);
        }
        MediaFiles.write(new Media(8, 16, 16, rgb, 10), folder.resolve("a.gif"));
        assertThat(MediaFiles.read(folder.resolve("a.gif")).rgb()).isEqualTo(rgb);
    }

    @Test
    void qualityIsWhatItSays() throws IOException {
        Media clip = Clips.clip(4, Clips.HEIGHT, Clips.WIDTH, 16);
        for (String ending : List.of("mp4", "webm", "webp")) {
            long[] sizes = new long[2];
            for (int i = 0; i < 2; i++) {
                Path file = folder.resolve(i + "." + ending);
                WriteOptions options = WriteOptions.at(16).withQuality(i == 0 ? 20 : 95);
                try (VideoWriter writer = VideoWriter.open(file, Clips.HEIGHT, Clips.WIDTH, options)) {
                    writer.write(clip);
                    writer.finish();
                }
                sizes[i] = Files.size(file);
            }
            assertThat(sizes[1]).as(ending).isGreaterThan(2 * sizes[0]);
        }
    }

    @Test
    void rateOfTelevisionIsExact() throws IOException {
        Path file = folder.resolve("a.mp4");
        MediaFiles.write(Clips.clip(30, 16, 16, 29.97), file);
        try (VideoReader reader = VideoReader.open(file)) {
            assertThat(reader.times()[29]).isCloseTo(29 * 1001 / 30000.0, within(1e-12));
            assertThat(reader.info().framesPerSecond()).isCloseTo(30000 / 1001.0, within(1e-9));
        }
    }

    @Test
    void whatWasNotFinishedLeavesNothing() throws IOException {
        for (String name : List.of("a.mp4", "a.webp", "a.gif", "frames", "a.png")) {
            Path file = folder.resolve(name);
            try (VideoWriter writer = VideoWriter.open(file, 16, 16, WriteOptions.at(8))) {
                writer.write(Clips.clip(1, 16, 16, 8));
            }
            try (VideoWriter writer = VideoWriter.open(file, 16, 16, WriteOptions.at(8))) {
                assertThatThrownBy(writer::finish)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("no frame");
            }
        }
        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }

    @Test
    void whatCannotBeWrittenIsRefused() throws IOException {
        Media clip = Clips.clip(2, 16, 16, 8);
        assertThatThrownBy(() -> MediaFiles.write(clip, folder.resolve("a.xyz")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must end in one of .mp4");
        assertThatThrownBy(() -> MediaFiles.write(clip, folder.resolve("a.png")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("holds one frame");
        for (String name : List.of("a.mp4", "a.gif", "a.jpg")) {
            assertThatThrownBy(() -> VideoWriter.open(folder.resolve(name), 8, 8, WriteOptions.TIMED.withAlpha()))
                    .hasMessageContaining("cannot hold transparency");
        }
        assertThatThrownBy(() -> VideoWriter.open(folder.resolve("a.mp4"), 0, 8, WriteOptions.TIMED))
                .hasMessageContaining("must be in [1, 16383]");
        Path notAFolder = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> MediaFiles.write(clip, notAFolder.resolve("a.mp4")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("a.mp4 cannot be written");
        try (VideoWriter writer = VideoWriter.open(folder.resolve("b.mp4"), 16, 16, WriteOptions.at(8))) {
            assertThatThrownBy(() -> writer.write(Clips.frame(0, 8, 8))).hasMessageContaining("they must be equal");
        }
    }
}
