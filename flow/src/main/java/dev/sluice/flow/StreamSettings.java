package dev.sluice.flow;

import dev.sluice.flow.tensor.Require;

/**
 * How a video is made in chunks, in frames of the video.
 *
 * @param chunk frames that are made at a time
 * @param window frames that the model sees at a time, those of the chunk included; a multiple of the chunk, at least two of them
 * @param sink frames of the window that stay those of the first chunk and absorb what leaves: the chunk, or 0 for none
 * @param decay the share that the sink keeps when a chunk leaves, in [0, 1]; see {@link StreamMemory}
 */
public record StreamSettings(int chunk, int window, int sink, double decay) {
    public StreamSettings {
        Require.atLeast("chunk", chunk, 1);
        Require.within("decay", decay, 0, 1);
        if (window < 2L * chunk || window % chunk != 0) {
            throw new IllegalArgumentException(
                    "window (%s) must be a multiple of the chunk (%s), at least two of it.".formatted(window, chunk));
        }
        if (sink != 0 && sink != chunk) {
            throw new IllegalArgumentException("sink (%s) must be the chunk (%s), or 0.".formatted(sink, chunk));
        }
    }

    /** A window as long as the videos that a model was made for, as far as whole chunks go, with a sink. */
    public static StreamSettings of(FlowPipeline pipeline, int chunk) {
        Require.atLeast("chunk", chunk, 1);
        int whole = pipeline.sizes().defaultFrames() / chunk * chunk;
        return new StreamSettings(chunk, Math.max(whole, 2 * chunk), chunk, StreamMemory.Rule.DECAY);
    }

    /** Returns how much is remembered. */
    public StreamMemory.Rule rule() {
        return new StreamMemory.Rule(window / chunk, sink > 0, decay);
    }

    /** Returns the number of chunks of a video; what the last one has beyond its end is cut off. */
    public int chunks(int frames) {
        return (frames - 1) / chunk + 1;
    }
}
