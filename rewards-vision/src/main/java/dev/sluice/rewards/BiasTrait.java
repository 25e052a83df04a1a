package dev.sluice.rewards;

import dev.sluice.rewards.internal.Luma;
import dev.sluice.rewards.internal.Stills;
import dev.sluice.rewards.internal.artifact.Colours;
import dev.sluice.rewards.internal.artifact.LumaMeasures;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.Locale;

/**
 * What a reward may turn out to like, or to dislike, that is nobody's purpose: a policy can give it without a better picture.
 */
public enum BiasTrait {
    /** The variance of the Laplacian of brightness ({@link ArtifactMeasures#laplacianVariance}); of frames of at least 3×3 pixels. */
    SHARPNESS {
        @Override
        double of(Media media, int frame) {
            if (Math.min(media.height(), media.width()) < 3) {
                return Double.NaN;
            }
            return LumaMeasures.laplacianVariance(Luma.of(media, frame));
        }
    },
    /** The mean brightness, 0 to 255. */
    MEAN_LUMA {
        @Override
        double of(Media media, int frame) {
            return Luma.of(media, frame).mean();
        }
    },
    /** Hasler and Süsstrunk's measure ({@link ArtifactMeasures#colourfulness}). */
    COLOURFULNESS {
        @Override
        double of(Media media, int frame) {
            return Colours.of(media, frame).colourfulness();
        }
    },
    /** Kilobytes as a JPEG of quality 95. */
    JPEG_SIZE {
        @Override
        double of(Media media, int frame) {
            return ImageFiles.jpeg(Stills.of(media, frame), 95).length / 1000.0;
        }
    },
    /** The number of the prompt's characters. */
    PROMPT_LENGTH {
        @Override
        public double of(Sample sample) {
            return sample.prompt().codePointCount(0, sample.prompt().length());
        }

        @Override
        double of(Media media, int frame) {
            throw new AssertionError("it is the prompt's");
        }
    };

    /** So many frames of a video tell what it looks like. */
    private static final int FRAMES = 8;

    /** Returns a sample's value: of a video the mean over up to eight frames, evenly spread; NaN if it has none. */
    public double of(Sample sample) {
        return Arrays.stream(Stills.spread(sample.media(), FRAMES))
                .mapToDouble(frame -> of(sample.media(), frame))
                .average()
                .orElse(Double.NaN);
    }

    abstract double of(Media media, int frame);

    /** Returns what tables call it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
