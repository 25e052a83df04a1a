package dev.sluice.rewards.internal;

import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;

/** Frames of videos as pictures of their own. */
public final class Stills {
    private Stills() {}

    /** Returns a frame as a picture. */
    public static Media of(Media media, int frame) {
        if (media.isImage()) {
            return media;
        }
        int size = 3 * media.height() * media.width();
        byte[] rgb = Arrays.copyOfRange(media.rgb(), frame * size, (frame + 1) * size);
        return Media.image(media.height(), media.width(), rgb);
    }

    /** Returns a part of a picture, itself if it is the whole. */
    public static Media part(Media picture, int top, int left, int height, int width) {
        if (height == picture.height() && width == picture.width()) {
            return picture;
        }
        byte[] rgb = new byte[3 * height * width];
        for (int y = 0; y < height; y++) {
            System.arraycopy(picture.rgb(), 3 * ((top + y) * picture.width() + left), rgb, 3 * y * width, 3 * width);
        }
        return Media.image(height, width, rgb);
    }

    /** Returns pictures of one size as a video, or the one picture as it is. */
    public static Media joined(Media[] pictures, double framesPerSecond) {
        if (pictures.length == 1) {
            return pictures[0];
        }
        int size = pictures[0].rgb().length;
        byte[] rgb = new byte[size * pictures.length];
        for (int frame = 0; frame < pictures.length; frame++) {
            System.arraycopy(pictures[frame].rgb(), 0, rgb, frame * size, size);
        }
        return new Media(pictures.length, pictures[0].height(), pictures[0].width(), rgb, framesPerSecond);
    }

    /** Returns at most so many frames, spread evenly from the first to the last. */
    public static int[] spread(Media media, int most) {
        Set<Integer> frames = new LinkedHashSet<>();
        int count = Math.min(most, media.frames());
        for (int i = 0; i < count; i++) {
            frames.add(count == 1 ? 0 : (int) Math.rint((double) i * (media.frames() - 1) / (count - 1)));
        }
        return frames.stream().mapToInt(Integer::intValue).toArray();
    }
}
