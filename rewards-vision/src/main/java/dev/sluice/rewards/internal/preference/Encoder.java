package dev.sluice.rewards.internal.preference;

import dev.sluice.rewards.RewardArchitecture;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.internal.Appearance;
import dev.sluice.rewards.internal.Stills;
import dev.sluice.rewards.internal.onnx.ClipEncoder;
import dev.sluice.video.BicubicResize;
import dev.sluice.video.Media;
import dev.sluice.video.Pixels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Makes numbers of samples, without what is learned. */
public interface Encoder extends AutoCloseable {
    /** Why a sample without a prompt cannot be seen by what reads prompts. */
    String NO_PROMPT = "the model reads the prompt, but there is none";

    /**
     * What a sample looks like.
     *
     * @param views one row of numbers for each frame that is judged by itself, at least one
     * @param prompt the numbers of the prompt
     */
    record Seen(float[][] views, float[] prompt) {}

    /** Returns how many numbers a view has. */
    int viewSize();

    /** Returns how many numbers a prompt has. */
    int promptSize();

    /**
     * Returns what samples look like.
     *
     * @throws IllegalArgumentException if one cannot be seen so; see {@link #fault}
     */
    List<Seen> see(List<Sample> samples);

    /** Returns why a sample cannot be seen; empty if it can. */
    String fault(Sample sample);

    @Override
    default void close() {}

    /**
     * Opens the one of an architecture.
     *
     * @throws IOException if a file of it is missing or broken
     */
    static Encoder open(RewardArchitecture architecture, int threads) throws IOException {
        if (architecture.encoding() instanceof RewardArchitecture.Encoding.Clip clip) {
            return ClipEncoder.open(clip.folder(), architecture.prompt(), threads);
        }
        return new Plain(architecture.encoding(), architecture.prompt());
    }

    /** Looks at pixels, or at what {@link Appearance} makes of them. */
    record Plain(RewardArchitecture.Encoding encoding, boolean prompted) implements Encoder {
        private static final int MOST_VIEWS = 4;

        @Override
        public int viewSize() {
            return encoding instanceof RewardArchitecture.Encoding.Pixels pixels
                    ? 3 * pixels.size() * pixels.size()
                    : Appearance.SIZE;
        }

        @Override
        public int promptSize() {
            return prompted ? PromptWords.SIZE : 1;
        }

        @Override
        public String fault(Sample sample) {
            return prompted && sample.prompt().isBlank() ? NO_PROMPT : "";
        }

        @Override
        public List<Seen> see(List<Sample> samples) {
            List<Seen> seen = new ArrayList<>();
            for (Sample sample : samples) {
                seen.add(new Seen(
                        views(sample.media()), prompted ? PromptWords.counts(sample.prompt()) : new float[] {1}));
            }
            return seen;
        }

        private float[][] views(Media media) {
            if (encoding instanceof RewardArchitecture.Encoding.Pixels pixels) {
                int[] frames = Stills.spread(media, MOST_VIEWS);
                float[][] views = new float[frames.length][];
                for (int i = 0; i < frames.length; i++) {
                    Media still = Stills.of(media, frames[i]);
                    views[i] = Pixels.planes(BicubicResize.resize(still, pixels.size(), pixels.size()), 0);
                }
                return views;
            }
            double[] look = Appearance.mean(media);
            float[] view = new float[look.length];
            for (int i = 0; i < view.length; i++) {
                view[i] = (float) look[i];
            }
            return new float[][] {view};
        }
    }
}
