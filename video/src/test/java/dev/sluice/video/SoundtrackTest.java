package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.video.internal.RawClip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sound that goes from file to file as it is compressed. */
class SoundtrackTest {
    /** Of a packet of 1,024 samples. */
    private static final double PACKET = 1024 / 16_000.0;

    @TempDir
    Path folder;

    private Path clip;

    /** Three seconds of frames with four of sound. */
    @BeforeEach
    void makeClip() throws IOException {
        clip = folder.resolve("clip.mkv");
        RawClip.withTone(Clips.write(folder.resolve("silent.mkv"), 48), clip, "matroska", 4);
    }

    private Optional<String> write(Path target, Soundtrack sound, int first, int end) throws IOException {
        List<VideoFrame> frames = Clips.read(clip, ReadOptions.DEFAULT);
        Optional<String> copied;
        try (VideoWriter writer = VideoWriter.open(
                target, VideoFormat.of(target), Clips.HEIGHT, Clips.WIDTH, WriteOptions.at(16), Optional.of(sound))) {
            for (VideoFrame frame : frames.subList(first, end)) {
                writer.write(frame);
            }
            writer.finish();
            copied = writer.sound();
        }
        assertThat(Clips.read(target, ReadOptions.DEFAULT)).hasSize(end - first);
        return copied;
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.mkv", "a.mp4"})
    void theBytesOfTheSoundAreCopiedToTheEndOfTheFrames(String name) throws IOException {
        Path target = folder.resolve(name);
        assertThat(write(target, new Soundtrack(clip, 0, false), 0, 48)).contains("aac");
        try (VideoReader reader = VideoReader.open(target)) {
            assertThat(reader.info().audio()).isTrue();
            assertThat(reader.times()[47]).isCloseTo(47 / 16.0, within(1e-3));
        }
        List<Integer> before = new ArrayList<>(RawClip.sound(clip).values());
        SortedMap<Double, Integer> after = RawClip.sound(target);
        assertThat(after.lastKey()).isCloseTo(3, within(PACKET + 0.002)).isLessThan(3);
        assertThat(before).startsWith(after.values().toArray(Integer[]::new));
        assertThat(Math.abs(after.firstKey() - RawClip.sound(clip).firstKey())).isLessThan(0.002);
    }

    @ParameterizedTest
    @ValueSource(strings = {"part.mkv", "part.mp4"})
    void soundOfAPartBeginsWithItsFirstFrame(String name) throws IOException {
        Path target = folder.resolve(name);
        assertThat(write(target, new Soundtrack(clip, 1, false), 16, 32)).contains("aac");
        List<Integer> after = new ArrayList<>(RawClip.sound(target).values());
        SortedMap<Double, Integer> before = RawClip.sound(clip);
        double start = before.entrySet().stream()
                .filter(packet -> packet.getValue().equals(after.get(1)))
                .mapToDouble(packet -> packet.getKey())
                .findFirst()
                .orElseThrow();
        double now = new ArrayList<>(RawClip.sound(target).keySet()).get(1);
        assertThat(now).isCloseTo(start - 1, within(0.002));
        assertThat(after).hasSizeBetween(15, 17);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.gif", "a.webm", "a.apng", "frames"})
    void whatCannotHoldItIsWrittenWithout(String name) throws IOException {
        Path target = folder.resolve(name);
        assertThat(write(target, new Soundtrack(clip, 0, false), 0, 8)).isEmpty();
        try (VideoReader reader = VideoReader.open(target)) {
            assertThat(reader.info().audio()).isFalse();
        }
    }

    @Test
    void soundThatIsNotThereIsAnErrorAndOneThatBreaksOffIsIfItIsAsked() throws IOException {
        Path silent = folder.resolve("silent.mkv");
        Path target = folder.resolve("b.mp4");
        assertThatThrownBy(() -> write(target, new Soundtrack(silent, 0, false), 0, 8))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("silent.mkv has no sound");
        assertThat(target).doesNotExist();
        assertThatThrownBy(() -> new Soundtrack(clip, -1, false)).hasMessageContaining("from (-1.0)");
        byte[] bytes = Files.readAllBytes(clip);
        Path cut = Files.write(folder.resolve("cut.mkv"), Arrays.copyOf(bytes, bytes.length * 2 / 3));
        assertThat(write(target, new Soundtrack(cut, 0, true), 0, 48)).contains("aac");
        assertThat(RawClip.sound(target).lastKey()).isLessThan(2.5);
    }
}
