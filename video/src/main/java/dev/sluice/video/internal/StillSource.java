package dev.sluice.video.internal;

import dev.sluice.video.Media;
import dev.sluice.video.ReadOptions;
import dev.sluice.video.VideoFrame;
import dev.sluice.video.VideoInfo;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Still images as the frames of a video: one file, or the files of a folder. */
final class StillSource implements FrameSource {
    private final List<Path> files;
    private final ReadOptions options;
    private final double rate;
    private final VideoInfo info;
    private BufferedImage first;
    private int index;

    /**
     * Opens images; the first one is read, the others when they are asked for.
     *
     * @param container what to call the file or folder
     * @param rate frames per second; 0 of a single image
     */
    StillSource(List<Path> files, String container, double rate, ReadOptions options) throws IOException {
        this.files = files;
        this.options = options;
        this.rate = rate;
        first = Stills.decode(Stills.bytes(files.get(0)), files.get(0).toString());
        info = Resizer.stored(
                container,
                container.startsWith("jpeg") ? "mjpeg" : "png",
                first.getHeight(),
                first.getWidth(),
                rate,
                files.size(),
                first.getColorModel().hasAlpha());
    }

    @Override
    public VideoInfo info() {
        return info;
    }

    @Override
    public Optional<VideoFrame> next() throws IOException {
        if (index == files.size()) {
            return Optional.empty();
        }
        Path file = files.get(index);
        BufferedImage image = index == 0 && first != null ? first : Stills.decode(Stills.bytes(file), file.toString());
        first = null;
        if (image.getHeight() != info.height() || image.getWidth() != info.width()) {
            throw new IOException("%s has %s×%s pixels but %s has %s×%s; frames must be of one size."
                    .formatted(file, image.getHeight(), image.getWidth(), files.get(0), info.height(), info.width()));
        }
        boolean alpha = options.keepAlpha() && image.getColorModel().hasAlpha();
        Media whole = alpha ? Rasters.opaque(image) : Rasters.media(image);
        FrameConverter.Pixels pixels = Resizer.fit(
                file,
                whole.height(),
                whole.width(),
                whole.rgb(),
                alpha ? Optional.of(Rasters.alpha(image)) : Optional.empty(),
                options);
        Media media = Media.image(pixels.height(), pixels.width(), pixels.rgb());
        double seconds = rate > 0 ? index / rate : 0;
        return Optional.of(new VideoFrame(index++, seconds, rate > 0 ? 1 / rate : 0, media, pixels.alpha()));
    }

    @Override
    public void seekFrame(long wanted) throws IOException {
        if (wanted >= files.size()) {
            throw new IOException(
                    "%s has %s frames, but frame %s was asked for.".formatted(files.get(0), files.size(), wanted));
        }
        index = Math.toIntExact(wanted);
    }

    @Override
    public double[] times() {
        double[] times = new double[files.size()];
        for (int i = 1; i < times.length; i++) {
            times[i] = i / rate;
        }
        return times;
    }

    @Override
    public void close() {
        // nothing is held
    }
}
