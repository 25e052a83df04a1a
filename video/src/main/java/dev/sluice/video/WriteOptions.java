package dev.sluice.video;

/**
 * How a video is written.
 *
 * @param framesPerSecond the constant rate; 0 for frames that say when they are shown
 * @param quality 1 to 100, of formats that lose something: H.264's quantiser goes from 49 to 10, VP9's quality level from 62 to 4,
 *     JPEG's and WebP's are their own
 * @param alpha whether frames come with transparency; see {@link VideoFormat#keepsAlpha}
 * @param threads threads of the encoder; 0 is one for each core
 */
public record WriteOptions(double framesPerSecond, int quality, boolean alpha, int threads) {
    /** The quality where none is asked for. */
    public static final int DEFAULT_QUALITY = 90;

    /** Frames that say when they are shown. */
    public static final WriteOptions TIMED = new WriteOptions(0, DEFAULT_QUALITY, false, 0);

    /** Checks the numbers. */
    public WriteOptions {
        if (!(framesPerSecond == 0 || (framesPerSecond >= 0.01 && framesPerSecond <= 1000))) {
            throw new IllegalArgumentException(
                    "framesPerSecond (%s) must be in [0.01, 1000], or 0.".formatted(framesPerSecond));
        }
        if (!(quality >= 1 && quality <= 100)) {
            throw new IllegalArgumentException("quality (%s) must be in [1, 100].".formatted(quality));
        }
        if (!(threads >= 0 && threads <= 256)) {
            throw new IllegalArgumentException("threads (%s) must be in [0, 256].".formatted(threads));
        }
    }

    /** Returns options for a constant rate. */
    public static WriteOptions at(double framesPerSecond) {
        return new WriteOptions(framesPerSecond, DEFAULT_QUALITY, false, 0);
    }

    /** Returns the same with another quality. */
    public WriteOptions withQuality(int newQuality) {
        return new WriteOptions(framesPerSecond, newQuality, alpha, threads);
    }

    /** Returns the same for frames with transparency. */
    public WriteOptions withAlpha() {
        return new WriteOptions(framesPerSecond, quality, true, threads);
    }

    /** Returns the same with another number of threads. */
    public WriteOptions withThreads(int newThreads) {
        return new WriteOptions(framesPerSecond, quality, alpha, newThreads);
    }
}
