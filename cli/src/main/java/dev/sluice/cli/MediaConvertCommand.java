package dev.sluice.cli;

import dev.sluice.cli.internal.Progress;
import dev.sluice.flow.tensor.Require;
import dev.sluice.video.RateConverter;
import dev.sluice.video.ReadOptions;
import dev.sluice.video.Soundtrack;
import dev.sluice.video.VideoFormat;
import dev.sluice.video.VideoFrame;
import dev.sluice.video.VideoReader;
import dev.sluice.video.VideoWriter;
import dev.sluice.video.WriteOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Converts an image or a video. */
@Command(
        name = "convert",
        description = {
            "Converts an image or a video to another kind, size, rate or part of it.",
            "The name of the target says its kind: .mp4 (H.264), .webm (VP9), .mkv (FFV1, lossless), .gif, .webp, .apng, .png "
                    + "and .jpg of one frame, and a name without an ending is a folder of PNG images. Frames stream through, in memory "
                    + "that does not grow with the length. Sound is copied as it is, where the target can hold it.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice media convert clip.mov clip.mp4 --size 832x480 --fps 16",
            "  sluice media convert clip.mp4 frames --from 1.5 --to 3",
            "  sluice media convert clip.mp4 silent.mp4 --no-sound",
            "  sluice media convert frames clip.mkv --rate 16",
            "  sluice media convert clip.mp4 still.png --from 2 --frames 1"
        })
final class MediaConvertCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IN", description = "An image, a video, or a folder of numbered images.")
    private Path in;

    @Parameters(index = "1", paramLabel = "OUT", description = "The file or folder to make.")
    private Path out;

    @Option(
            names = "--size",
            paramLabel = "WxH",
            description = "Width and height, such as 832x480 (default: as it is).")
    private String size;

    @Option(
            names = "--fit",
            paramLabel = "HOW",
            defaultValue = "letterbox",
            description =
                    "letterbox (whole, with black bars), cover (filled, cut off), within (at most that size) or stretch "
                            + "(default: ${DEFAULT-VALUE}).")
    private MediaArguments.Fit fit;

    @Option(
            names = "--fps",
            paramLabel = "N",
            description = "A constant rate: frames are repeated or left out (default: the times of the source).")
    private Double fps;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "16",
            description = "Images a second of a folder that is read (default: ${DEFAULT-VALUE}).")
    private double rate;

    @Option(names = "--from", paramLabel = "SECONDS", defaultValue = "0", description = "Where to begin (default: 0).")
    private double from;

    @Option(names = "--to", paramLabel = "SECONDS", description = "Where to end (default: at the end).")
    private Double to;

    @Option(names = "--frames", paramLabel = "N", description = "Most frames to take of the source.")
    private Long frames;

    @Option(
            names = "--quality",
            paramLabel = "1-100",
            defaultValue = "90",
            description = "Of kinds that lose something (default: ${DEFAULT-VALUE}).")
    private int quality;

    @Option(names = "--no-sound", description = "Leave the sound out.")
    private boolean silent;

    @Option(names = "--damaged", description = "Take what can be decoded of a damaged file.")
    private boolean damaged;

    @Option(names = "--overwrite", description = "Replace the target if it is there.")
    private boolean overwrite;

    @Override
    public Integer call() throws IOException {
        check();
        ReadOptions options =
                ReadOptions.DEFAULT.with(MediaArguments.layout(size, fit)).withSequenceRate(rate);
        options = damaged ? options.withDamagedToo() : options;
        VideoFormat format = VideoFormat.of(out);
        try (VideoReader reader = VideoReader.open(in, format.keepsAlpha() ? options.withAlpha() : options)) {
            if (from > 0) {
                reader.seek(from);
            }
            VideoFrame first =
                    reader.next().orElseThrow(() -> new IOException("%s has no frame to convert.".formatted(in)));
            OptionalDouble even = fps != null || damaged ? OptionalDouble.empty() : reader.evenRate();
            double target = fps != null ? fps : even.orElse(first.durationSeconds() == 0 ? 1 : 0);
            WriteOptions written =
                    new WriteOptions(target, quality, first.alpha().isPresent(), 0);
            int height = first.image().height();
            int width = first.image().width();
            boolean heard = reader.info().audio() && !silent;
            Optional<Soundtrack> sound =
                    heard ? Optional.of(new Soundtrack(in, first.seconds(), damaged)) : Optional.empty();
            try (VideoWriter writer = VideoWriter.open(out, format, height, width, written, sound)) {
                long taken = copy(reader, first, writer);
                writer.finish();
                report(taken, writer, heard);
            }
        }
        return 0;
    }

    private void check() throws IOException {
        if (!(from >= 0 && from < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("--from (%s) must be a number of at least 0.".formatted(from));
        }
        if (to != null && !(to > from)) {
            throw new IllegalArgumentException("--to (%s) must be after --from (%s).".formatted(to, from));
        }
        if (frames != null) {
            Require.atLeast("--frames", frames.intValue(), 1);
        }
        MediaArguments.checkTarget(out, overwrite, in);
    }

    private long copy(VideoReader reader, VideoFrame first, VideoWriter writer) throws IOException {
        RateConverter converter = fps == null ? null : new RateConverter(fps, writer::write);
        double start = first.seconds();
        long taken = 0;
        try (Progress progress = Progress.start(
                spec.commandLine().getErr(), 0, Math.max(1, reader.info().frames()))) {
            Optional<VideoFrame> next = Optional.of(first);
            while (next.isPresent() && (to == null || next.get().seconds() < to - 1e-9)) {
                VideoFrame frame = next.get();
                VideoFrame moved = new VideoFrame(
                        taken, frame.seconds() - start, frame.durationSeconds(), frame.image(), frame.alpha());
                if (converter == null) {
                    writer.write(moved);
                } else {
                    converter.add(moved);
                }
                progress.done(++taken, "frames");
                next = frames != null && taken == frames ? Optional.empty() : reader.next();
            }
        }
        if (converter != null) {
            converter.finish();
        }
        return taken;
    }

    private void report(long taken, VideoWriter writer, boolean heard) {
        PrintWriter printer = spec.commandLine().getOut();
        printer.printf(Locale.ROOT, "%s frames of %s are in %s, by %s.%n", taken, in, out, writer.encoder());
        if (heard) {
            printer.println(writer.sound()
                    .map("Its sound (%s) was copied as it is."::formatted)
                    .orElse("Its sound was not copied: %s cannot hold it.".formatted(out)));
        }
        printer.flush();
    }
}
