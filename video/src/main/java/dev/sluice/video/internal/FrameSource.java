package dev.sluice.video.internal;

import dev.sluice.video.VideoFrame;
import dev.sluice.video.VideoInfo;
import java.io.IOException;
import java.util.Optional;

/** Where the frames of one file come from, one after another; used by one thread at a time. */
public interface FrameSource extends AutoCloseable {
    /** Returns what the file says of itself. */
    VideoInfo info();

    /** Returns the next frame, or nothing after the last one. */
    Optional<VideoFrame> next() throws IOException;

    /** Continues with a frame; one that is not there is an {@link IOException}. */
    void seekFrame(long index) throws IOException;

    /** Returns when each frame is shown, ascending from 0; not to be changed. May be asked while another thread decodes. */
    double[] times() throws IOException;

    /** Continues with the last frame that begins at a time or earlier. */
    default void seek(double seconds) throws IOException {
        double[] times = times();
        int index = 0;
        // Times are fractions that doubles round; a tenth of a microsecond is far below any frame.
        while (index + 1 < times.length && times[index + 1] <= seconds + 1e-7) {
            index++;
        }
        seekFrame(index);
    }

    @Override
    void close();
}
