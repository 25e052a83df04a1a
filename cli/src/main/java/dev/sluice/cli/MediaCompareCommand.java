package dev.sluice.cli;

import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.Table;
import dev.sluice.video.FrameComparison;
import dev.sluice.video.Layout;
import dev.sluice.video.Media;
import dev.sluice.video.ReadOptions;
import dev.sluice.video.VideoFrame;
import dev.sluice.video.VideoReader;
import dev.sluice.video.VideoWriter;
import dev.sluice.video.WriteOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares two videos frame by frame. */
@Command(
        name = "compare",
        description = {
            "Compares two images or videos frame by frame: differences in numbers, and with --out a video of both side by side "
                    + "with a map of where they differ.",
            "The second is brought to the size of the first. The map is black where nothing differs, and goes over blue, magenta, "
                    + "orange and yellow to white from 96 levels of 255 on. Exit status 1 if one has more frames.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice media compare before.mp4 after.mp4",
            "  sluice media compare before.mp4 after.mp4 --out both.mp4",
            "  sluice media compare a.png b.png --out difference.png"
        })
final class MediaCompareCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FIRST", description = "An image, a video, or a folder of numbered images.")
    private Path first;

    @Parameters(index = "1", paramLabel = "SECOND", description = "What to compare it with.")
    private Path second;

    @Option(names = "--out", paramLabel = "FILE", description = "A video (or image) of both side by side.")
    private Path out;

    @Option(names = "--no-map", description = "Only the two, without the map of differences.")
    private boolean withoutMap;

    @Option(names = "--overwrite", description = "Replace the file if it is there.")
    private boolean overwrite;

    private long frames;
    private double squares;
    private double differences;
    private int largest;
    private double worst = Double.POSITIVE_INFINITY;
    private double worstSeconds;

    @Override
    public Integer call() throws IOException {
        if (out != null) {
            MediaArguments.checkTarget(out, overwrite, first, second);
        }
        boolean equallyLong;
        try (VideoReader one = VideoReader.open(first)) {
            Layout layout = new Layout.Letterbox(one.info().height(), one.info().width());
            try (VideoReader other = VideoReader.open(second, ReadOptions.DEFAULT.with(layout))) {
                equallyLong = compare(one, other);
            }
        }
        report(equallyLong);
        return equallyLong ? 0 : 1;
    }

    private boolean compare(VideoReader one, VideoReader other) throws IOException {
        VideoWriter writer = null;
        try (Progress progress = Progress.start(
                spec.commandLine().getErr(), 0, Math.max(1, one.info().frames()))) {
            Optional<VideoFrame> a = one.next();
            Optional<VideoFrame> b = other.next();
            while (a.isPresent() && b.isPresent()) {
                FrameComparison both =
                        new FrameComparison(a.get().image(), b.get().image());
                add(both, a.get().seconds());
                if (out != null) {
                    Media picture = both.sideBySide(!withoutMap);
                    writer = writer != null ? writer : open(picture, one);
                    VideoFrame frame = a.get();
                    writer.write(new VideoFrame(
                            frame.index(), frame.seconds(), frame.durationSeconds(), picture, Optional.empty()));
                }
                progress.done(frames, "frames");
                a = one.next();
                b = other.next();
            }
            if (writer != null) {
                writer.finish();
            }
            return a.isEmpty() && b.isEmpty();
        } finally {
            if (writer != null) {
                writer.close();
            }
        }
    }

    private VideoWriter open(Media picture, VideoReader source) throws IOException {
        boolean still = source.info().framesPerSecond() == 0;
        double rate = still ? 1 : source.evenRate().orElse(0);
        return VideoWriter.open(out, picture.height(), picture.width(), WriteOptions.at(rate));
    }

    private void add(FrameComparison both, double seconds) {
        double psnr = both.psnr();
        squares += both.meanSquare();
        differences += both.meanDifference();
        largest = Math.max(largest, both.largestDifference());
        if (frames == 0 || psnr < worst) {
            worst = psnr;
            worstSeconds = seconds;
        }
        frames++;
    }

    private void report(boolean equallyLong) {
        PrintWriter printer = spec.commandLine().getOut();
        Table table = new Table("frames", ">PSNR, dB", ">of the worst frame", ">at", ">mean difference", ">largest");
        table.add(
                Long.toString(frames),
                decibels(10 * Math.log10(255 * 255 * frames / squares)),
                decibels(worst),
                MediaArguments.clock(worstSeconds),
                String.format(Locale.ROOT, "%.3f", differences / frames),
                Integer.toString(largest));
        table.lines().forEach(printer::println);
        if (!equallyLong) {
            printer.println("One has more frames than the other; what is over was not compared.");
        }
        if (out != null) {
            printer.printf("Both are in %s.%n", out);
        }
        printer.flush();
    }

    private static String decibels(double psnr) {
        return Double.isInfinite(psnr) ? "equal" : String.format(Locale.ROOT, "%.2f", psnr);
    }
}
