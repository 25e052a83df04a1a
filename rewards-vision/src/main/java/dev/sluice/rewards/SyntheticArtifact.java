package dev.sluice.rewards;

import dev.sluice.rewards.internal.Stills;
import dev.sluice.rewards.internal.artifact.Corruption;
import dev.sluice.video.Media;

/**
 * Flaws to spoil clean pictures with: for training detectors, and for testing that a score falls with the strength of a flaw.
 *
 * <p>Strengths are 1 (hard to see) to 5 (ruined). Lengths in pixels are those for pictures whose shorter side is 128 or more; in
 * smaller ones they shrink with it.
 */
public enum SyntheticArtifact {
    /** JPEG of quality 50, 35, 25, 15 or 8. */
    JPEG,
    /** Gaussian blur of deviation 0.8, 1.2, 1.8, 2.5 or 4 pixels. */
    BLUR,
    /** Gaussian noise of deviation 5, 10, 20, 35 or 50. */
    NOISE,
    /** Unsharp masking: the picture plus 1 to 5 times what a blur of deviation 2 takes away. */
    RINGING,
    /** Colours 1.3, 1.6, 2, 2.6 or 3.5 times as far from grey. */
    SATURATION,
    /** All values 1.2, 1.4, 1.7, 2.1 or 2.6 times as large, and cut. */
    OVEREXPOSURE,
    /** Every eighth row and column 4% to 20% lighter or darker, in turns. */
    GRID,
    /** Pixels 1% to 5% lighter and darker in turns, as a checkerboard. */
    CHECKERBOARD,
    /** A part of 40% of the area bent by a smooth random field of at most 2, 4, 6, 9 or 12 pixels. */
    WARP,
    /** 2 to 10 pairs of patches of 32×32 pixels swapped. */
    SHUFFLE,
    /** 1 to 5 patches of 64×64 pixels laid beside themselves with soft borders, as limbs too many are. */
    DOUBLED,
    /** A part of 40% of the area smeared over 8 to 40 pixels in one direction. */
    SMEAR;

    /** The greatest strength. */
    public static final int STRONGEST = 5;

    /**
     * Returns a spoilt copy; all frames of a video are spoilt alike.
     *
     * @param strength 1 to {@link #STRONGEST}
     * @param seed of what is random; the same seed spoils the same places
     */
    public Media apply(Media clean, int strength, long seed) {
        if (!(strength >= 1 && strength <= STRONGEST)) {
            throw new IllegalArgumentException(
                    "strength (%s) must be at least 1 and at most %s.".formatted(strength, STRONGEST));
        }
        Media[] spoilt = new Media[clean.frames()];
        for (int frame = 0; frame < spoilt.length; frame++) {
            spoilt[frame] = new Corruption(Stills.of(clean, frame), strength, seed).of(this);
        }
        return Stills.joined(spoilt, clean.framesPerSecond());
    }
}
