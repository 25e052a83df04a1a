package dev.sluice.cli;

import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.StreamMemory;
import dev.sluice.flow.StreamSettings;
import picocli.CommandLine.Option;

/** How a video of any length is made chunk by chunk. */
final class StreamArguments {
    @Option(
            names = "--chunk",
            paramLabel = "N",
            description =
                    "Make videos N frames at a time, each chunk seeing those before it, so that --frames may be any number. "
                            + "For models of videos that work on pixels.")
    private Integer chunk;

    @Option(
            names = "--window",
            paramLabel = "N",
            description =
                    "Frames that a chunk sees, its own included, a multiple of --chunk (default: as many as the model "
                            + "was made for).")
    private Integer window;

    @Option(
            names = "--sink",
            paramLabel = "N",
            description =
                    "Frames of the window that are kept of the first chunk and absorb what leaves it: --chunk, or 0 "
                            + "for none (default: --chunk).")
    private Integer sink;

    @Option(
            names = "--sink-decay",
            paramLabel = "A",
            description =
                    "Share that they keep when a chunk leaves, in 0 to 1; at 1 they stay the first (default: 0.999).")
    private Double decay;

    /** Refuses options that mean nothing, before a model is loaded. */
    void check() {
        if (chunk == null && (window != null || sink != null || decay != null)) {
            throw new IllegalArgumentException(
                    "--window, --sink and --sink-decay mean nothing without --chunk.%nMaybe add --chunk N."
                            .formatted());
        }
    }

    /** Returns whether videos are made in chunks. */
    boolean wanted() {
        return chunk != null;
    }

    /** Returns how, for a model. */
    StreamSettings settings(FlowPipeline pipeline) {
        StreamSettings usual = StreamSettings.of(pipeline, chunk);
        return new StreamSettings(
                chunk,
                window == null ? usual.window() : window,
                sink == null ? usual.sink() : sink,
                decay == null ? StreamMemory.Rule.DECAY : decay);
    }
}
