package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import dev.sluice.video.MediaFiles;
import dev.sluice.video.VideoReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MediaCommandTest {
    @TempDir
    private Path folder;

    private Path clip;

    /** A clip of 24 frames whose grey rises from frame to frame. */
    @BeforeEach
    void makeClip() throws IOException {
        byte[] rgb = new byte[24 * 3 * 32 * 64];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (10 * (i / (3 * 32 * 64)));
        }
        clip = folder.resolve("clip.mkv");
        MediaFiles.write(new Media(24, 32, 64, rgb, 12), clip);
    }

    private static int grey(Media media, int frame) {
        return media.value(frame, media.height() / 2, media.width() / 2, 1);
    }

    @Test
    void infoSaysWhatAFileIs() throws IOException {
        CommandLineRun run = CommandLineRun.of("media", "info", clip);
        run.succeeded();
        assertThat(run.out())
                .contains("matroska, ffv1", "64×32", "24, 2.0", "12.00 a second", "bgr0, 8 bits, rgb", "none")
                .doesNotContain("uneven");
        CommandLineRun lines = CommandLineRun.of("media", "info", "--json", clip, clip);
        lines.succeeded();
        assertThat(lines.out().lines()).hasSize(2).allMatch(line -> line.contains("\"frames\":24"));
        Path text = Files.writeString(folder.resolve("notes.mp4"), "notes");
        CommandLineRun.of("media", "info", text).refused("notes.mp4 is not a video that can be read");
        CommandLineRun mixed = CommandLineRun.of("media", "info", text, clip);
        assertThat(mixed.status()).isEqualTo(1);
        assertThat(mixed.err()).contains("notes.mp4 is not a video that can be read");
        assertThat(mixed.out()).contains("matroska");
    }

    @Test
    void convertMakesOtherKindsSizesRatesAndParts() throws IOException {
        Path gif = folder.resolve("small.gif");
        CommandLineRun.of("media", "convert", clip, gif, "--size", "32x32", "--fps", 6)
                .succeeded();
        Media small = MediaFiles.read(gif);
        assertThat(List.of(small.frames(), small.height(), small.width())).containsExactly(12, 32, 32);
        assertThat(small.value(5, 4, 16, 0)).isZero(); // a bar
        assertThat(grey(small, 5)).isCloseTo(100, within(2));

        Path part = folder.resolve("part");
        CommandLineRun.of("media", "convert", clip, part, "--from", 0.5, "--to", 1)
                .succeeded();
        try (Stream<Path> images = Files.list(part)) {
            assertThat(images).hasSize(6);
        }
        assertThat(grey(MediaFiles.read(part), 0)).isEqualTo(60);

        Path again = folder.resolve("again.mp4");
        CommandLineRun.of("media", "convert", part, again, "--rate", 12).succeeded();
        assertThat(MediaFiles.read(again).framesPerSecond()).isEqualTo(12);
        Path still = folder.resolve("still.png");
        CommandLineRun.of("media", "convert", clip, still, "--from", 1, "--frames", 1)
                .succeeded();
        assertThat(grey(ImageFiles.read(still), 0)).isEqualTo(120);
    }

    @Test
    void convertCopiesSoundWhereItCan() throws IOException {
        Path tone = folder.resolve("tone.mkv");
        try (InputStream in = MediaCommandTest.class.getResourceAsStream("/tone.mkv")) {
            Files.copy(in, tone);
        }
        Path mp4 = folder.resolve("tone.mp4");
        CommandLineRun copied = CommandLineRun.of("media", "convert", tone, mp4);
        copied.succeeded();
        assertThat(copied.out()).contains("Its sound (aac) was copied as it is.");
        assertThat(sound(mp4)).isTrue();
        assertThat(MediaFiles.read(mp4).frames()).isEqualTo(12);
        Path gif = folder.resolve("tone.gif");
        CommandLineRun dropped = CommandLineRun.of("media", "convert", tone, gif);
        dropped.succeeded();
        assertThat(dropped.out()).contains("Its sound was not copied: " + gif + " cannot hold it.");
        Path silent = folder.resolve("silent.mp4");
        CommandLineRun left = CommandLineRun.of("media", "convert", tone, silent, "--no-sound");
        left.succeeded();
        assertThat(left.out()).doesNotContain("sound");
        assertThat(sound(silent)).isFalse();
    }

    private static boolean sound(Path file) throws IOException {
        try (VideoReader reader = VideoReader.open(file)) {
            return reader.info().audio();
        }
    }

    @Test
    void convertRefusesWhatItCannotDo() throws IOException {
        Path out = folder.resolve("out.mp4");
        CommandLineRun.of("media", "convert", clip, folder.resolve("a.xyz")).refused("must end in one of");
        CommandLineRun.of("media", "convert", clip, clip).refused("is both read and written");
        CommandLineRun.of("media", "convert", clip, out, "--size", "big").refused("--size (big) must be");
        CommandLineRun.of("media", "convert", clip, out, "--from", 3, "--to", 2).refused("--to (2.0) must be after");
        CommandLineRun.of("media", "convert", clip, out, "--quality", 0).refused("quality (0)");
        CommandLineRun.of("media", "convert", clip, out, "--fps", -1).refused("framesPerSecond (-1.0)");
        CommandLineRun.of("media", "convert", folder.resolve("none.mp4"), out).refused("none.mp4 does not exist");
        assertThat(out).doesNotExist();
        Files.writeString(out, "mine");
        CommandLineRun.of("media", "convert", clip, out).refused("is there already");
        assertThat(Files.readString(out)).isEqualTo("mine");
        CommandLineRun.of("media", "convert", clip, out, "--overwrite").succeeded();
        byte[] cut = java.util.Arrays.copyOf(Files.readAllBytes(clip), (int) Files.size(clip) * 2 / 3);
        Path damaged = Files.write(folder.resolve("cut.mkv"), cut);
        CommandLineRun.of("media", "convert", damaged, folder.resolve("b.mkv")).refused("cut.mkv is cut off");
        CommandLineRun.of("media", "convert", damaged, folder.resolve("b.mkv"), "--damaged")
                .succeeded();
        try (VideoReader reader = VideoReader.open(folder.resolve("b.mkv"))) {
            assertThat(reader.times().length).isBetween(10, 20);
        }
    }

    @Test
    void aSheetHasFramesWithTheirTimes() throws IOException {
        Path sheet = folder.resolve("sheet.png");
        CommandLineRun.of("media", "sheet", clip, "--out", sheet, "--columns", 3, "--rows", 2, "--width", 64)
                .succeeded();
        Media drawn = ImageFiles.read(sheet);
        assertThat(drawn.width()).isEqualTo(3 * (64 + 8));
        assertThat(drawn.value(0, 20, 20, 0)).isZero();
        assertThat(drawn.value(0, drawn.height() - 35, drawn.width() - 20, 0)).isEqualTo(230); // the last frame
        CommandLineRun.of("media", "sheet", clip, "--out", sheet).refused("is there already");
        CommandLineRun.of("media", "sheet", clip, "--out", sheet, "--columns", 0)
                .refused("--columns (0)");
    }

    @Test
    void compareMeasuresAndDraws() throws IOException {
        Path lossy = folder.resolve("lossy.mp4");
        CommandLineRun.of("media", "convert", clip, lossy, "--quality", 30).succeeded();
        Path both = folder.resolve("both.mkv");
        CommandLineRun run = CommandLineRun.of("media", "compare", clip, lossy, "--out", both);
        run.succeeded();
        assertThat(run.out()).contains("frames", "PSNR", "24");
        Media drawn = MediaFiles.read(both);
        assertThat(List.of(drawn.frames(), drawn.width())).containsExactly(24, 3 * 64 + 8);
        CommandLineRun same = CommandLineRun.of("media", "compare", clip, clip);
        same.succeeded();
        assertThat(same.out()).contains("equal", "0.000");
        Path shorter = folder.resolve("shorter.mkv");
        CommandLineRun.of("media", "convert", clip, shorter, "--frames", 5).succeeded();
        CommandLineRun unequal = CommandLineRun.of("media", "compare", clip, shorter);
        assertThat(unequal.status()).isEqualTo(1);
        assertThat(unequal.out()).contains("One has more frames");
    }
}
