package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import dev.sluice.video.internal.Natives;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Speed against the {@code ffmpeg} program of the same build: the same file, the same threads, pixels in RGB at both ends. Runs
 * take turns, and each is measured by the clock and by the processor, of which other work on the machine takes no part. The
 * figures are in docs/performance.md.
 */
@Tag("bench")
class VideoSpeedTest {
    private static final int HEIGHT = 1080;
    private static final int WIDTH = 1920;
    private static final int FRAMES = Integer.getInteger("sluice.bench.frames", 240);
    private static final int ROUNDS = Integer.getInteger("sluice.bench.rounds", 3);
    private static final int THREADS = 2;
    private static final int PICTURES = 8;

    @TempDir
    Path folder;

    /**
     * One run.
     *
     * @param wall frames per second by the clock
     * @param processor frames per second of the processor's time
     */
    private record Speed(double wall, double processor) {
        static Speed of(int frames, double wallSeconds, double processorSeconds) {
            return new Speed(frames / wallSeconds, frames / processorSeconds);
        }

        static Speed best(List<Speed> runs) {
            return new Speed(
                    runs.stream().mapToDouble(Speed::wall).max().orElseThrow(),
                    runs.stream().mapToDouble(Speed::processor).max().orElseThrow());
        }
    }

    /** Something that is measured. */
    private interface Work {
        void run() throws IOException;
    }

    private static Speed measured(int frames, Work work) throws IOException {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long wall = System.nanoTime();
        long processor = system.getProcessCpuTime();
        work.run();
        return Speed.of(frames, (System.nanoTime() - wall) / 1e9, (system.getProcessCpuTime() - processor) / 1e9);
    }

    private static Speed ffmpeg(int frames, Object... arguments) throws IOException {
        Path program = Natives.program();
        List<String> command =
                new ArrayList<>(List.of(program.toString(), "-hide_banner", "-nostdin", "-y", "-benchmark"));
        Arrays.stream(arguments).map(Object::toString).forEach(command::add);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LD_LIBRARY_PATH", program.getParent().toString());
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher times = Pattern.compile("bench: utime=([0-9.]+)s stime=([0-9.]+)s rtime=([0-9.]+)s")
                .matcher(text);
        assertThat(times.find()).as(text).isTrue();
        return Speed.of(
                frames,
                Double.parseDouble(times.group(3)),
                Double.parseDouble(times.group(1)) + Double.parseDouble(times.group(2)));
    }

    private static Media[] pictures() {
        Media[] pictures = new Media[PICTURES];
        for (int i = 0; i < PICTURES; i++) {
            pictures[i] = Clips.frame(i, HEIGHT, WIDTH);
        }
        return pictures;
    }

    private static void write(Path file, Media[] pictures) throws IOException {
        WriteOptions options = WriteOptions.at(24).withThreads(THREADS);
        try (VideoWriter writer = VideoWriter.open(file, HEIGHT, WIDTH, options)) {
            for (int i = 0; i < FRAMES; i++) {
                writer.write(pictures[i % PICTURES]);
            }
            writer.finish();
        }
    }

    private static void read(Path file, ReadOptions options) throws IOException {
        int count = 0;
        try (VideoReader reader = VideoReader.open(file, options.with(THREADS, 4))) {
            for (Optional<VideoFrame> frame = reader.next(); frame.isPresent(); frame = reader.next()) {
                count++;
            }
        }
        assertThat(count).isEqualTo(FRAMES);
    }

    @Test
    void decodesAndEncodesAsFastAsFfmpegItself() throws IOException {
        Media[] pictures = pictures();
        Path raw = folder.resolve("frames.rgb");
        try (var out = Files.newOutputStream(raw)) {
            for (Media picture : pictures) {
                out.write(picture.rgb());
            }
        }
        Path file = folder.resolve("ours.mp4");
        write(file, pictures);
        List<Speed> ourDecoding = new ArrayList<>();
        List<Speed> itsDecoding = new ArrayList<>();
        List<Speed> ourQuickDecoding = new ArrayList<>();
        List<Speed> itsQuickDecoding = new ArrayList<>();
        List<Speed> ourEncoding = new ArrayList<>();
        List<Speed> itsEncoding = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            ourDecoding.add(measured(FRAMES, () -> read(file, ReadOptions.DEFAULT)));
            itsDecoding.add(decodedByFfmpeg(file, "bicubic+accurate_rnd+full_chroma_int"));
            ourQuickDecoding.add(measured(FRAMES, () -> read(file, ReadOptions.DEFAULT.withQuickColours())));
            itsQuickDecoding.add(decodedByFfmpeg(file, "bicubic"));
            ourEncoding.add(measured(FRAMES, () -> write(folder.resolve("again.mp4"), pictures)));
            itsEncoding.add(ffmpeg(
                    FRAMES,
                    "-f",
                    "rawvideo",
                    "-pix_fmt",
                    "rgb24",
                    "-s",
                    "1920x1080",
                    "-r",
                    24,
                    "-stream_loop",
                    -1,
                    "-i",
                    raw,
                    "-frames:v",
                    FRAMES,
                    "-c:v",
                    "libopenh264",
                    "-threads",
                    THREADS,
                    "-rc_mode",
                    "quality",
                    "-qmin",
                    14,
                    "-qmax",
                    14,
                    "-b:v",
                    "200M",
                    "-profile:v",
                    "high",
                    "-g",
                    48,
                    "-pix_fmt",
                    "yuv420p",
                    folder.resolve("its.mp4")));
        }
        report("decode, quick colours", Speed.best(ourQuickDecoding), Speed.best(itsQuickDecoding));
        report("decode", Speed.best(ourDecoding), Speed.best(itsDecoding));
        report("encode", Speed.best(ourEncoding), Speed.best(itsEncoding));
        assertThat(Speed.best(ourDecoding).processor / Speed.best(itsDecoding).processor)
                .isGreaterThan(0.9);
        assertThat(Speed.best(ourQuickDecoding).processor / Speed.best(itsQuickDecoding).processor)
                .isGreaterThan(0.9);
        assertThat(Speed.best(ourEncoding).processor / Speed.best(itsEncoding).processor)
                .isGreaterThan(0.9);
    }

    private static Speed decodedByFfmpeg(Path file, String scaling) throws IOException {
        return ffmpeg(
                FRAMES,
                "-threads",
                THREADS,
                "-i",
                file,
                "-sws_flags",
                scaling,
                "-pix_fmt",
                "rgb24",
                "-f",
                "rawvideo",
                "/dev/null");
    }

    private static void report(String what, Speed ours, Speed its) {
        System.out.printf(
                Locale.ROOT,
                "%s: %.1f frames/s, ffmpeg %.1f (%.2f); per second of the processor %.1f, ffmpeg %.1f (%.2f)%n",
                what,
                ours.wall,
                its.wall,
                ours.wall / its.wall,
                ours.processor,
                its.processor,
                ours.processor / its.processor);
    }

    /** Ten minutes, made by repeating the packets of ten seconds. */
    @Test
    void tenMinutesStreamInBoundedMemory() throws IOException {
        Path file = folder.resolve("ours.mp4");
        write(file, pictures());
        Path longer = folder.resolve("long.mp4");
        int repeats = 10 * 60 * 24 / FRAMES;
        ffmpeg(1, "-stream_loop", repeats - 1, "-i", file, "-c", "copy", longer);
        long count = 0;
        long start = System.nanoTime();
        try (VideoReader reader =
                VideoReader.open(longer, ReadOptions.DEFAULT.with(THREADS, 4).withQuickColours())) {
            assertThat(reader.info().seconds()).isBetween(599.0, 601.0);
            for (Optional<VideoFrame> frame = reader.next(); frame.isPresent(); frame = reader.next()) {
                count++;
            }
        }
        assertThat(count).isEqualTo(14_400);
        String status = Files.readString(Path.of("/proc/self/status"));
        Matcher peak = Pattern.compile("VmHWM:\\s+(\\d+) kB").matcher(status);
        assertThat(peak.find()).isTrue();
        long megabytes = Long.parseLong(peak.group(1)) / 1000;
        System.out.printf(
                Locale.ROOT,
                "stream: %s frames in %.0f s, most of memory %s MB, heap at most %s MB%n",
                count,
                (System.nanoTime() - start) / 1e9,
                megabytes,
                Runtime.getRuntime().maxMemory() / 1_000_000);
        assertThat(megabytes).isLessThan(500);
    }
}
