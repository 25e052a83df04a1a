package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VideoReaderTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"a.mp4", "a.webm", "a.mkv", "a.gif", "a.webp", "a.apng"})
    void aFrameThatIsSoughtIsTheOneThatReadingThroughGives(String name) throws IOException {
        Path file = Clips.write(folder.resolve(name), 60); // more than one group of pictures
        List<VideoFrame> all = Clips.read(file, ReadOptions.DEFAULT.with(1, 0));
        try (VideoReader reader = VideoReader.open(file, ReadOptions.DEFAULT.with(2, 3))) {
            Random random = new Random(7);
            for (int round = 0; round < 6; round++) {
                int index = random.nextInt(60);
                reader.seekFrame(index);
                for (int i = index; i < Math.min(60, index + 3); i++) {
                    VideoFrame frame = reader.next().orElseThrow();
                    assertThat(frame.index()).isEqualTo(i);
                    assertThat(frame.seconds()).isEqualTo(all.get(i).seconds());
                    assertThat(frame.image().rgb()).isEqualTo(all.get(i).image().rgb());
                }
            }
            reader.seekFrame(59);
            assertThat(reader.next()).isPresent();
            assertThat(reader.next()).isEmpty();
            assertThat(reader.next()).isEmpty();
            assertThatThrownBy(() -> reader.seekFrame(60)).hasMessageContaining("has 60 frames, but frame 60");
            reader.seek(0);
            assertThat(reader.next().orElseThrow().index()).isZero();
        }
    }

    @Test
    void aReaderThatIsClosedEarlyLeavesNoThread() throws Exception {
        Path file = Clips.write(folder.resolve("a.mp4"), 60);
        VideoReader reader = VideoReader.open(file, ReadOptions.DEFAULT.with(1, 2));
        reader.next();
        reader.close();
        reader.close();
        assertThatThrownBy(reader::next).isInstanceOf(IllegalStateException.class);
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().equals("decode a.mp4"));
    }

    @Test
    void layoutsPlaceThePicture() throws IOException {
        Path file = folder.resolve("a.mkv");
        byte[] rgb = new byte[3 * 40 * 80];
        java.util.Arrays.fill(rgb, (byte) 200);
        MediaFiles.write(Media.image(40, 80, rgb), file);
        Media box = frame(file, new Layout.Letterbox(60, 60));
        assertThat(List.of(box.height(), box.width())).containsExactly(60, 60);
        assertThat(box.value(0, 14, 30, 0)).isZero();
        assertThat(box.value(0, 15, 30, 0)).isCloseTo(200, within(1));
        assertThat(box.value(0, 44, 0, 2)).isCloseTo(200, within(1));
        assertThat(box.value(0, 45, 30, 0)).isZero();
        Media within = frame(file, new Layout.Within(60, 60));
        assertThat(List.of(within.height(), within.width())).containsExactly(30, 60);
        Media larger = frame(file, new Layout.Within(600, 600));
        assertThat(List.of(larger.height(), larger.width())).containsExactly(40, 80);
        Media stretched = frame(file, new Layout.Stretch(10, 11));
        assertThat(List.of(stretched.height(), stretched.width())).containsExactly(10, 11);
        MediaFiles.write(Clips.frame(4, 40, 80), folder.resolve("b.mkv"));
        Media covered = frame(folder.resolve("b.mkv"), new Layout.Cover(40, 40));
        for (int x = 0; x < 40; x++) {
            assertThat(covered.value(0, 7, x, 0))
                    .isEqualTo(Clips.frame(4, 40, 80).value(0, 7, x + 20, 0));
        }
        assertThatThrownBy(() -> new Layout.Stretch(0, 4)).hasMessageContaining("must be at least 1");
    }

    private static Media frame(Path file, Layout layout) throws IOException {
        return Clips.read(file, ReadOptions.DEFAULT.with(layout)).get(0).image();
    }

    /** The matrix in a track's header, as phones write it: stored sideways, to be shown upright. */
    @ParameterizedTest
    @ValueSource(ints = {90, 180, 270})
    void rotationIsAppliedClockwise(int degrees) throws IOException {
        Path file = Clips.write(folder.resolve("a.mp4"), 2);
        Media stored = Clips.read(file, ReadOptions.DEFAULT).get(1).image();
        byte[] bytes = Files.readAllBytes(file);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("tkhd") + 4 + 40;
        int one = 1 << 16;
        int[] matrix = degrees == 90
                ? new int[] {0, one, 0, -one, 0, 0}
                : degrees == 180 ? new int[] {-one, 0, 0, 0, -one, 0} : new int[] {0, -one, 0, one, 0, 0};
        for (int i = 0; i < 6; i++) {
            ByteBuffer.wrap(bytes).putInt(at + 4 * i, matrix[i]);
        }
        Files.write(file, bytes);
        try (VideoReader reader = VideoReader.open(file)) {
            assertThat(reader.info().rotation()).isEqualTo(degrees);
            assertThat(reader.info().height()).isEqualTo(degrees == 180 ? Clips.HEIGHT : Clips.WIDTH);
            reader.seekFrame(1);
            Media shown = reader.next().orElseThrow().image();
            for (int y = 0; y < stored.height(); y += 5) {
                for (int x = 0; x < stored.width(); x += 7) {
                    int row = degrees == 90 ? x : degrees == 180 ? stored.height() - 1 - y : stored.width() - 1 - x;
                    int column = degrees == 90 ? stored.height() - 1 - y : degrees == 180 ? stored.width() - 1 - x : y;
                    assertThat(shown.value(0, row, column, 0)).isEqualTo(stored.value(0, y, x, 0));
                    assertThat(shown.value(0, row, column, 2)).isEqualTo(stored.value(0, y, x, 2));
                }
            }
        }
        Media small = frame(file, new Layout.Letterbox(64, 64));
        int bars = degrees == 180 ? small.value(0, 2, 32, 2) : small.value(0, 32, 2, 2);
        assertThat(bars).isZero();
        assertThat(small.value(0, 32, 32, 1)).isGreaterThan(20);
    }

    @Test
    void wrongArgumentsAreRefused() throws IOException {
        assertThatThrownBy(() -> ReadOptions.DEFAULT.with(-1, 0)).hasMessageContaining("threads (-1)");
        assertThatThrownBy(() -> ReadOptions.DEFAULT.with(0, -1)).hasMessageContaining("ahead (-1)");
        assertThatThrownBy(() -> ReadOptions.DEFAULT.withSequenceRate(Double.NaN))
                .hasMessageContaining("sequenceRate (NaN)");
        try (VideoReader reader = VideoReader.open(Clips.write(folder.resolve("a.gif"), 2))) {
            assertThatThrownBy(() -> reader.seek(Double.NaN)).hasMessageContaining("seconds (NaN)");
            assertThatThrownBy(() -> reader.seekFrame(-1)).hasMessageContaining("index (-1)");
        }
    }
}
