package dev.sluice.cli;

import dev.sluice.flow.tensor.Require;
import dev.sluice.video.ContactSheet;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Layout;
import dev.sluice.video.Media;
import dev.sluice.video.ReadOptions;
import dev.sluice.video.VideoFrame;
import dev.sluice.video.VideoInfo;
import dev.sluice.video.VideoReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Draws frames of a video on one picture. */
@Command(
        name = "sheet",
        description = {"Draws frames of a video on one picture, evenly chosen, each with its time.%n"},
        footerHeading = "%nExample:%n",
        footer = "  sluice media sheet clip.mp4 --columns 5 --rows 4 --out sheet.png")
final class MediaSheetCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FILE", description = "A video, or a folder of numbered images.")
    private Path file;

    @Option(
            names = "--columns",
            paramLabel = "N",
            defaultValue = "4",
            description = "Frames in a row (default: ${DEFAULT-VALUE}).")
    private int columns;

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "4",
            description = "Most rows (default: ${DEFAULT-VALUE}).")
    private int rows;

    @Option(
            names = "--width",
            paramLabel = "PIXELS",
            defaultValue = "240",
            description = "Width of a frame; small ones are enlarged by whole pixels only (default: ${DEFAULT-VALUE}).")
    private int width;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            defaultValue = "sheet.png",
            description = "A .png or .jpg file (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Option(names = "--overwrite", description = "Replace the sheet if it is there.")
    private boolean overwrite;

    @Override
    public Integer call() throws IOException {
        Require.atLeast("--columns", columns, 1);
        Require.atLeast("--rows", rows, 1);
        Require.atLeast("--width", width, 16);
        if ((long) columns * rows > 1000 || width > 4096) {
            throw new IllegalArgumentException(
                    "--columns, --rows and --width (%s, %s, %s) must be at most 1000 frames of 4096 columns."
                            .formatted(columns, rows, width));
        }
        MediaArguments.checkTarget(out, overwrite, file);
        Layout layout;
        try (VideoReader reader = VideoReader.open(file)) {
            layout = layout(reader.info());
        }
        List<Media> pictures = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        try (VideoReader reader =
                VideoReader.open(file, ReadOptions.DEFAULT.with(layout).with(0, 0))) {
            int frames = reader.times().length;
            int shown = Math.min(frames, columns * rows);
            for (int i = 0; i < shown; i++) {
                long index = shown == 1 ? 0 : Math.round(i * (frames - 1) / (shown - 1.0));
                reader.seekFrame(index);
                VideoFrame frame =
                        reader.next().orElseThrow(() -> new IOException("%s has no frame %s.".formatted(file, index)));
                pictures.add(frame.image());
                labels.add("%s #%s".formatted(MediaArguments.clock(frame.seconds()), index));
            }
        }
        ContactSheet sheet =
                new ContactSheet(columns, Math.max(1, width / pictures.get(0).width()));
        ImageFiles.write(sheet.draw(pictures, labels), out);
        spec.commandLine().getOut().printf(Locale.ROOT, "%s frames of %s are on %s.%n", pictures.size(), file, out);
        spec.commandLine().getOut().flush();
        return 0;
    }

    private Layout layout(VideoInfo info) {
        double shown = info.width() * info.pixelAspect();
        int scaled = (int) Math.min(width, Math.max(1, Math.round(shown)));
        return new Layout.Stretch((int) Math.max(1, Math.round(info.height() * scaled / shown)), scaled);
    }
}
