package dev.sluice.video;

import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import net.imglib2.view.Views;

/** Pixels as ImgLib2 views and as the planes of floats that a network makes. */
public final class Pixels {
    private Pixels() {}

    /**
     * Returns a view of the pixels, which are not copied: what is written to the view is written to the media.
     *
     * @return dimensions (channel, x, y, frame): 3 × width × height × frames
     */
    public static Img<UnsignedByteType> view(Media media) {
        return ArrayImgs.unsignedBytes(media.rgb(), 3, media.width(), media.height(), media.frames());
    }

    /**
     * Returns a view of one frame; its pixels are not copied.
     *
     * @return dimensions (channel, x, y): 3 × width × height
     */
    public static RandomAccessibleInterval<UnsignedByteType> view(Media media, int frame) {
        if (!(frame >= 0 && frame < media.frames())) {
            throw new IllegalArgumentException(
                    "frame (%s) must be at least 0 and below %s.".formatted(frame, media.frames()));
        }
        return Views.hyperSlice(view(media), 3, frame);
    }

    /**
     * Returns an image of {@code 255·x}, rounded half to even and limited to 0..255.
     *
     * @param planes 3 × height × width values, nominally in [0, 1]: red plane, green plane, blue plane
     * @throws IllegalArgumentException if the length is wrong or a value is NaN or infinite, because such a sample has no
     *     picture; ask {@link #finite} first
     */
    public static Media image(float[] planes, int height, int width) {
        return image(planes, height, width, 1, 0);
    }

    /** Does what {@link #image} does for values nominally in [-1, 1], as autoencoders and pixel-space models make them. */
    public static Media signedImage(float[] planes, int height, int width) {
        return image(planes, height, width, 0.5f, 0.5f);
    }

    private static Media image(float[] planes, int height, int width, float scale, float shift) {
        int area = height * width;
        if (planes.length != 3 * area) {
            throw new IllegalArgumentException("planes has %s values; a picture of %s×%s pixels needs %s."
                    .formatted(planes.length, height, width, 3 * area));
        }
        byte[] rgb = new byte[3 * area];
        for (int i = 0; i < planes.length; i++) {
            if (!Float.isFinite(planes[i])) {
                throw new IllegalArgumentException("planes[%s] (%s) must be finite.".formatted(i, planes[i]));
            }
            // in floats, as the references: in doubles other values would be half-way
            float unit = planes[i] * scale + shift;
            double value = Math.rint(unit * 255f);
            rgb[i % area * 3 + i / area] = (byte) Math.max(0, Math.min(255, value));
        }
        return Media.image(height, width, rgb);
    }

    /** Returns whether no value is NaN or infinite. */
    public static boolean finite(float[] planes) {
        for (float value : planes) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Returns a frame as planes of floats.
     *
     * @return 3 × height × width values in [0, 1]: red plane, green plane, blue plane
     */
    public static float[] planes(Media media, int frame) {
        if (!(frame >= 0 && frame < media.frames())) {
            throw new IllegalArgumentException(
                    "frame (%s) must be at least 0 and below %s.".formatted(frame, media.frames()));
        }
        int area = media.height() * media.width();
        float[] planes = new float[3 * area];
        int start = frame * 3 * area;
        for (int i = 0; i < planes.length; i++) {
            planes[i] = (media.rgb()[start + i % area * 3 + i / area] & 0xFF) / 255f;
        }
        return planes;
    }
}
