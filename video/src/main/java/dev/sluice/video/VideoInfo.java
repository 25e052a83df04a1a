package dev.sluice.video;

/**
 * What a file says of its video before a frame is decoded. What it says may be wrong: {@link VideoReader#times} counts.
 *
 * @param container the kind of file, such as {@code mp4}, {@code matroska}, {@code gif} or {@code png sequence}
 * @param codec how frames are compressed, such as {@code h264}
 * @param height rows as shown, upright
 * @param width columns as shown, upright, in pixels as stored
 * @param rotation degrees by which stored frames are turned clockwise to be shown: 0, 90, 180 or 270
 * @param pixelAspect how many times wider than high a pixel is shown; 1 of nearly all files
 * @param framesPerSecond the mean rate; 0 of a still image
 * @param frames number of frames; 0 where the file does not say
 * @param seconds length; 0 where the file does not say
 * @param colours how colours are stored
 * @param audio whether there is sound, which is not decoded; {@link Soundtrack} copies it
 */
public record VideoInfo(
        String container,
        String codec,
        int height,
        int width,
        int rotation,
        double pixelAspect,
        double framesPerSecond,
        long frames,
        double seconds,
        Colours colours,
        boolean audio) {
    /**
     * How colours are stored.
     *
     * @param pixelFormat FFmpeg's name of the format, such as {@code yuv420p}
     * @param bits of a sample
     * @param alpha whether there is transparency
     * @param matrix from luma and chroma to red, green and blue: {@code bt601}, {@code bt709}, {@code bt2020}, another of
     *     FFmpeg's names, or {@code rgb} where there is none to apply
     * @param assumed whether the file does not say its matrix, so that it follows from the size: BT.709 from 720 rows or
     *     1280 columns, BT.601 below
     * @param fullRange whether luma goes from 0 to 255, not from 16 to 235 (at 8 bits)
     */
    public record Colours(
            String pixelFormat, int bits, boolean alpha, String matrix, boolean assumed, boolean fullRange) {
        /** 8-bit RGB without transparency. */
        public static final Colours RGB = new Colours("rgb24", 8, false, "rgb", false, true);
    }
}
