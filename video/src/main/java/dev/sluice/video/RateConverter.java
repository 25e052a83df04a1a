package dev.sluice.video;

import java.io.IOException;
import java.util.Optional;

/**
 * Frames of any times at a constant rate: at each tick the frame that is shown then, so that some are repeated or left out.
 */
public final class RateConverter {
    private static final double SLACK = 1e-7;

    private final double framesPerSecond;
    private final Sink sink;
    private VideoFrame shown;
    private long made;

    /** Takes what a converter makes. */
    @FunctionalInterface
    public interface Sink {
        /** Takes a frame, whose number and time are those of the constant rate. */
        void take(VideoFrame frame) throws IOException;
    }

    /**
     * Creates a converter.
     *
     * @param framesPerSecond the rate of what it makes
     * @param sink where that goes
     */
    public RateConverter(double framesPerSecond, Sink sink) {
        if (!(framesPerSecond > 0 && framesPerSecond <= 1000)) {
            throw new IllegalArgumentException("framesPerSecond (%s) must be in (0, 1000].".formatted(framesPerSecond));
        }
        this.framesPerSecond = framesPerSecond;
        this.sink = sink;
    }

    /** Takes the next frame. */
    public void add(VideoFrame frame) throws IOException {
        if (shown != null) {
            repeatUntil(frame.seconds());
        }
        shown = frame;
    }

    /** Ends with the last frame, for as long as it is shown, but at least once if it would be shown at all. */
    public void finish() throws IOException {
        if (shown != null) {
            repeatUntil(Math.max(shown.seconds() + shown.durationSeconds(), (made == 0 ? 1 : 0) / framesPerSecond));
        }
    }

    private void repeatUntil(double seconds) throws IOException {
        while (made / framesPerSecond < seconds - SLACK) {
            Optional<byte[]> alpha = shown.alpha();
            sink.take(new VideoFrame(made, made / framesPerSecond, 1 / framesPerSecond, shown.image(), alpha));
            made++;
        }
    }
}
