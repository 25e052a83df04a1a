package dev.sluice.cli.internal;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.tensor.Require;
import dev.sluice.video.Media;
import dev.sluice.video.Pixels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Takes pictures from the tensor engine. */
public final class Pictures {
    private Pictures() {}

    /** Wan's speed; no file of a model says it. */
    private static final double FRAMES_PER_SECOND = 16;

    private static final int MOST_IN_STRIP = 16;

    /**
     * Returns the pictures or videos of a decoded batch; one that is not finite has none.
     *
     * @param pictures in [0, 1], shape (B, 3, height, width), or (B, frames, 3, height, width) of videos, float32
     */
    public static List<Optional<Media>> of(NDArray pictures) {
        long[] shape = pictures.getShape().getShape();
        boolean video = shape.length == 5;
        if (video) {
            Require.shape("pictures", pictures, -1, -1, 3, -1, -1);
        } else {
            Require.shape("pictures", pictures, -1, 3, -1, -1);
        }
        int count = Math.toIntExact(shape[0]);
        int frames = video ? Math.toIntExact(shape[1]) : 1;
        int height = Math.toIntExact(shape[shape.length - 2]);
        int width = Math.toIntExact(shape[shape.length - 1]);
        float[] values = pictures.toFloatArray();
        int size = values.length / count;
        List<Optional<Media>> media = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] planes = Arrays.copyOfRange(values, i * size, (i + 1) * size);
            if (!Pixels.finite(planes)) {
                media.add(Optional.empty());
            } else if (video) {
                media.add(Optional.of(video(planes, frames, height, width)));
            } else {
                media.add(Optional.of(Pixels.image(planes, height, width)));
            }
        }
        return media;
    }

    private static Media video(float[] planes, int frames, int height, int width) {
        int size = 3 * height * width;
        byte[] rgb = new byte[frames * size];
        for (int i = 0; i < frames; i++) {
            Media frame = Pixels.image(Arrays.copyOfRange(planes, i * size, (i + 1) * size), height, width);
            System.arraycopy(frame.rgb(), 0, rgb, i * size, size);
        }
        return new Media(frames, height, width, rgb, FRAMES_PER_SECOND);
    }

    /** Returns a frame of a video as a picture. */
    static Media frame(Media video, int frame) {
        int size = 3 * video.height() * video.width();
        byte[] rgb = Arrays.copyOfRange(video.rgb(), frame * size, (frame + 1) * size);
        return Media.image(video.height(), video.width(), rgb);
    }

    /** Returns the number of frames on a {@link #strip}. */
    static int onStrip(Media media) {
        return Math.min(MOST_IN_STRIP, media.frames());
    }

    /** Returns a picture as it is, and of a video up to 16 frames, evenly spread, from left to right. */
    static Media strip(Media media) {
        if (media.isImage()) {
            return media;
        }
        int count = onStrip(media);
        int row = 3 * media.width();
        byte[] rgb = new byte[count * row * media.height()];
        for (int i = 0; i < count; i++) {
            int frame = count == 1 ? 0 : i * (media.frames() - 1) / (count - 1);
            for (int y = 0; y < media.height(); y++) {
                System.arraycopy(media.rgb(), (frame * media.height() + y) * row, rgb, (y * count + i) * row, row);
            }
        }
        return Media.image(media.height(), count * media.width(), rgb);
    }

    /** Returns the pictures of a decoded batch, black ones for those that are not finite: whoever samples counts them. */
    public static List<Media> orBlack(NDArray pictures) {
        long[] shape = pictures.getShape().getShape();
        int frames = shape.length == 5 ? Math.toIntExact(shape[1]) : 1;
        int height = Math.toIntExact(shape[shape.length - 2]);
        int width = Math.toIntExact(shape[shape.length - 1]);
        double speed = shape.length == 5 ? FRAMES_PER_SECOND : 0;
        return of(pictures).stream()
                .map(picture -> picture.orElseGet(
                        () -> new Media(frames, height, width, new byte[3 * frames * height * width], speed)))
                .toList();
    }
}
