package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import net.imglib2.RandomAccess;
import net.imglib2.img.Img;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LazyVideoTest {
    @TempDir
    Path folder;

    @Test
    void theVolumeHasTheFramesOfTheFileInWhateverOrderTheyAreTouched() throws IOException {
        Path file = Clips.write(folder.resolve("a.mp4"), 30);
        List<VideoFrame> frames = Clips.read(file, ReadOptions.DEFAULT);
        try (LazyVideo video = LazyVideo.open(file, ReadOptions.DEFAULT, 4)) {
            Img<UnsignedByteType> volume = video.volume();
            assertThat(volume.dimensionsAsLongArray()).containsExactly(3, Clips.WIDTH, Clips.HEIGHT, 30);
            assertThat(video.decoded()).isZero();
            RandomAccess<UnsignedByteType> access = volume.randomAccess();
            for (int index : new int[] {5, 6, 29, 0, 6, 17}) {
                for (int[] at : new int[][] {{0, 0, 0}, {2, 100, 40}, {1, 127, 95}}) {
                    access.setPosition(new int[] {at[0], at[1], at[2], index});
                    assertThat(access.get().get())
                            .isEqualTo(frames.get(index).image().value(0, at[2], at[1], at[0]));
                }
            }
            assertThat(video.decoded()).isEqualTo(5); // the 6 was still there
            assertThat(video.times()).hasSize(30);
        }
        assertThatThrownBy(() -> LazyVideo.open(file, ReadOptions.DEFAULT, 0)).hasMessageContaining("keep (0)");
    }

    @Test
    void walkingThroughDecodesEachFrameOnce() throws IOException {
        Path file = Clips.write(folder.resolve("a.mkv"), 20);
        try (LazyVideo video = LazyVideo.open(file, ReadOptions.DEFAULT.with(new Layout.Stretch(24, 32)), 2)) {
            long sum = 0;
            for (UnsignedByteType value : video.volume()) {
                sum += value.get();
            }
            assertThat(sum / (20 * 24 * 32 * 3)).isBetween(60L, 200L);
            assertThat(video.decoded()).isEqualTo(20);
        }
    }

    @Test
    void aViewOfOneFrameSharesItsPixels() {
        Media clip = Clips.clip(3, 8, 8, 16);
        RandomAccess<UnsignedByteType> access = Pixels.view(clip, 2).randomAccess();
        access.setPosition(new int[] {1, 3, 4});
        assertThat(access.get().get()).isEqualTo(clip.value(2, 4, 3, 1));
        access.get().set(9);
        assertThat(clip.value(2, 4, 3, 1)).isEqualTo(9);
        assertThatThrownBy(() -> Pixels.view(clip, 3)).hasMessageContaining("frame (3)");
    }
}
