package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.internal.Appearance;
import dev.sluice.rewards.internal.RewardOptions;
import dev.sluice.video.Media;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** What frames look like, each as a vector of length 1: by colours and edges, or as a network embeds them. */
@FunctionalInterface
public interface FrameLooks extends AutoCloseable {
    /**
     * Returns a vector for each of the frames.
     *
     * @throws IllegalArgumentException if the network cannot judge frames of that size
     */
    double[][] of(Media media, int[] frames);

    @Override
    default void close() {}

    /** Looks at frames without weights. */
    FrameLooks PLAIN = (media, frames) ->
            Arrays.stream(frames).mapToObj(frame -> Appearance.of(media, frame)).toArray(double[][]::new);

    /** Looks at the border of frames without weights. */
    FrameLooks RIM = (media, frames) -> Arrays.stream(frames)
            .mapToObj(frame -> Appearance.rim(media, frame))
            .toArray(double[][]::new);

    /**
     * Reads {@link ModelOptions}.
     *
     * @param otherwise what they look like where no folder is given
     * @return what opens the network
     */
    static Supplier<FrameLooks> prepare(RewardOptions options, FrameLooks otherwise) {
        OnnxNetwork.Place place = ModelOptions.place(options);
        if (!options.has(ModelOptions.MODEL)) {
            return () -> otherwise;
        }
        Path folder = ModelOptions.folder(options);
        return () -> {
            try {
                return new EncoderLooks(VisionNetwork.encoder(ModelFolder.open(folder), place));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    /** Returns a reward that scores every sample by itself, and closes this with it. */
    default Reward each(ToDoubleFunction<Sample> score) {
        Reward each = Reward.each(score);
        return new Reward() {
            @Override
            public Scores score(List<Sample> samples) {
                return each.score(samples);
            }

            @Override
            public void close() {
                FrameLooks.this.close();
            }
        };
    }
}
