package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MediaFilesTest {
    @TempDir
    Path folder;

    private static Media flat(int value) {
        byte[] rgb = new byte[3 * 6 * 8];
        Arrays.fill(rgb, (byte) value);
        return Media.image(6, 8, rgb);
    }

    private Path sequence(int frames) throws IOException {
        for (int i = 1; i <= frames; i++) {
            ImageFiles.write(flat(i), folder.resolve("frames/frame-%s.png".formatted(i)));
        }
        return folder.resolve("frames");
    }

    @Test
    void aFolderOfImagesIsAVideoInTheOrderOfItsNumbers() throws IOException {
        Media video = MediaFiles.read(sequence(12));
        assertThat(video.frames()).isEqualTo(12);
        assertThat(video.framesPerSecond()).isEqualTo(16);
        for (int i = 0; i < 12; i++) {
            assertThat(video.value(i, 3, 4, 1)).isEqualTo(i + 1);
        }
        try (VideoReader reader = VideoReader.open(folder.resolve("frames"))) {
            assertThat(reader.times()).hasSize(12);
            reader.seek(0.5);
            assertThat(reader.next().orElseThrow().index()).isEqualTo(8);
            reader.seekFrame(2);
            assertThat(reader.next().orElseThrow().image().value(0, 0, 0, 0)).isEqualTo(3);
        }
    }

    @Test
    void aStillImageIsAVideoOfOneFrame() throws IOException {
        Path file = folder.resolve("a.png");
        ImageFiles.write(flat(77), file);
        Media image = MediaFiles.read(file);
        assertThat(image.isImage()).isTrue();
        assertThat(image.framesPerSecond()).isZero();
        assertThat(image.rgb()).isEqualTo(flat(77).rgb());
    }

    @Test
    void whatIsLargerThanTheLimitsIsRefused() throws IOException {
        Path frames = sequence(5);
        for (MediaFiles.Limits limits :
                new MediaFiles.Limits[] {new MediaFiles.Limits(4, 1 << 20), new MediaFiles.Limits(10, 4 * 144)}) {
            assertThatThrownBy(() -> MediaFiles.read(frames, ReadOptions.DEFAULT, limits))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("has more than 4 frames of 6×8 pixels");
        }
        assertThat(MediaFiles.read(frames, ReadOptions.DEFAULT, new MediaFiles.Limits(5, 5 * 144))
                        .frames())
                .isEqualTo(5);
    }

    @Test
    void foldersThatAreNoVideoAreRefused() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertThatThrownBy(() -> MediaFiles.read(empty)).hasMessageContaining("has no numbered PNG or JPEG files");
        Path frames = sequence(2);
        ImageFiles.write(flat(1), frames.resolve("other-1.png"));
        assertThatThrownBy(() -> MediaFiles.read(frames)).hasMessageContaining("images of two sequences");
        assertThatThrownBy(() -> MediaFiles.read(folder.resolve("none.mp4"))).hasMessageContaining("does not exist");
    }

    @Test
    void framesOfDifferentSizesAreRefused() throws IOException {
        Path frames = sequence(2);
        ImageFiles.write(Media.image(2, 2, new byte[12]), frames.resolve("frame-3.png"));
        assertThatThrownBy(() -> MediaFiles.read(frames)).hasMessageContaining("frames must be of one size");
    }
}
