package dev.sluice.video.internal;

import dev.sluice.video.VideoFrame;
import java.io.IOException;
import java.util.Optional;

/** Where frames go. */
public interface FrameSink extends AutoCloseable {
    /** Returns the name of what compresses. */
    String encoder();

    /** Returns the kind of the sound that is copied. */
    default Optional<String> sound() {
        return Optional.empty();
    }

    /** Takes the next frame, whose size and order were checked. */
    void write(VideoFrame frame) throws IOException;

    /** Completes the file and gives it its name. */
    void finish() throws IOException;

    @Override
    void close() throws IOException;
}
