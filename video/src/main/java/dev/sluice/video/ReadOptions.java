package dev.sluice.video;

import java.time.Duration;

/**
 * How a video is read.
 *
 * @param layout the size of its frames
 * @param keepAlpha whether frames carry their transparency; otherwise they are laid on white
 * @param damagedToo whether a damaged or truncated file gives what can be decoded of it, instead of an error
 * @param threads threads of the decoder; 0 is one for each core
 * @param ahead frames decoded ahead on a thread of the reader's own; 0 decodes on the thread that asks
 * @param patience how long a frame may take
 * @param quickColours whether colours are computed the short way where nothing is scaled: up to 2 levels of 255 off, chroma
 *     repeated instead of interpolated, and three times as fast
 * @param sequenceRate frames per second of a folder of images, which says nothing of it
 */
public record ReadOptions(
        Layout layout,
        boolean keepAlpha,
        boolean damagedToo,
        int threads,
        int ahead,
        Duration patience,
        boolean quickColours,
        double sequenceRate) {
    /** Frames as they are stored, four decoded ahead, half a minute of patience, 16 images of a folder a second. */
    public static final ReadOptions DEFAULT =
            new ReadOptions(Layout.AS_STORED, false, false, 0, 4, Duration.ofSeconds(30), false, 16);

    private static final int MOST_AHEAD = 1024;

    /** Checks the numbers. */
    public ReadOptions {
        if (!(threads >= 0 && threads <= 256)) {
            throw new IllegalArgumentException("threads (%s) must be in [0, 256].".formatted(threads));
        }
        if (!(ahead >= 0 && ahead <= MOST_AHEAD)) {
            throw new IllegalArgumentException("ahead (%s) must be in [0, %s].".formatted(ahead, MOST_AHEAD));
        }
        if (patience.isNegative() || patience.isZero() || patience.toDays() > 365) {
            throw new IllegalArgumentException("patience (%s) must be above 0 and at most a year.".formatted(patience));
        }
        if (!(sequenceRate > 0 && sequenceRate <= 1000)) {
            throw new IllegalArgumentException("sequenceRate (%s) must be in (0, 1000].".formatted(sequenceRate));
        }
    }

    /** Returns the same with another layout. */
    public ReadOptions with(Layout newLayout) {
        return new ReadOptions(newLayout, keepAlpha, damagedToo, threads, ahead, patience, quickColours, sequenceRate);
    }

    /** Returns the same with frames that carry their transparency. */
    public ReadOptions withAlpha() {
        return new ReadOptions(layout, true, damagedToo, threads, ahead, patience, quickColours, sequenceRate);
    }

    /** Returns the same, giving what can be decoded of a damaged file. */
    public ReadOptions withDamagedToo() {
        return new ReadOptions(layout, keepAlpha, true, threads, ahead, patience, quickColours, sequenceRate);
    }

    /** Returns the same with other threads of the decoder and frames ahead. */
    public ReadOptions with(int newThreads, int newAhead) {
        return new ReadOptions(
                layout, keepAlpha, damagedToo, newThreads, newAhead, patience, quickColours, sequenceRate);
    }

    /** Returns the same with another patience. */
    public ReadOptions with(Duration newPatience) {
        return new ReadOptions(layout, keepAlpha, damagedToo, threads, ahead, newPatience, quickColours, sequenceRate);
    }

    /** Returns the same with colours computed the short way. */
    public ReadOptions withQuickColours() {
        return new ReadOptions(layout, keepAlpha, damagedToo, threads, ahead, patience, true, sequenceRate);
    }

    /** Returns the same with another speed of folders of images. */
    public ReadOptions withSequenceRate(double newRate) {
        return new ReadOptions(layout, keepAlpha, damagedToo, threads, ahead, patience, quickColours, newRate);
    }
}
