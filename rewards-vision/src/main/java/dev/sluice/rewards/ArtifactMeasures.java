package dev.sluice.rewards;

import dev.sluice.flow.tensor.Require;
import dev.sluice.rewards.internal.Luma;
import dev.sluice.rewards.internal.artifact.Colours;
import dev.sluice.rewards.internal.artifact.GridEnergy;
import dev.sluice.rewards.internal.artifact.LumaMeasures;
import dev.sluice.rewards.internal.artifact.Ringing;
import dev.sluice.video.Media;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Flaws of one picture, measured without another to compare it with and without any weights. They know nothing of what is shown,
 * and a single true edge on the grid of blocks or a checkered cloth raises some of them; means over many pictures say more.
 *
 * @param blockiness how far differences across the borders of blocks exceed the others, 0 to 1
 * @param laplacianVariance sharpness, at least 0
 * @param noise the deviation of the noise in grey levels (Immerkær)
 * @param colourfulness Hasler and Süsstrunk's measure, at least 0
 * @param saturated the share of pixels of full saturation and brightness
 * @param ringing by how many grey levels it is more restless near edges than far from them
 * @param clipped the share of pixels that are as good as black or white
 * @param grid how far patterns of every second pixel stand out, about 1 if there are none
 */
public record ArtifactMeasures(
        double blockiness,
        double laplacianVariance,
        double noise,
        double colourfulness,
        double saturated,
        double ringing,
        double clipped,
        double grid) {
    /** The names of the scores, in order. */
    public static final List<String> NAMES =
            List.of("blockiness", "sharpness", "noise", "saturation", "ringing", "exposure", "grid");

    /** The blocks of JPEG, and what most autoencoders make of one latent. */
    public static final int PERIOD = 8;

    /** The shortest side that can be measured. */
    public static final int LEAST_SIDE = 16;

    /**
     * Measures a frame.
     *
     * @param period pixels from one border of blocks to the next, at least 2
     * @throws IllegalArgumentException if a side is shorter than {@link #LEAST_SIDE}
     */
    public static ArtifactMeasures of(Media media, int frame, int period) {
        Require.atLeast("period", period, 2);
        if (Math.min(media.height(), media.width()) < LEAST_SIDE) {
            throw new IllegalArgumentException("a picture of %s×%s pixels is too small; its sides must have at least %s"
                    .formatted(media.height(), media.width(), LEAST_SIDE));
        }
        Luma luma = Luma.of(media, frame);
        Colours colours = Colours.of(media, frame);
        return new ArtifactMeasures(
                LumaMeasures.blockiness(luma, period),
                LumaMeasures.laplacianVariance(luma),
                LumaMeasures.noise(luma),
                colours.colourfulness(),
                colours.saturated(),
                Ringing.of(luma).strength(),
                LumaMeasures.clipped(luma),
                GridEnergy.of(luma));
    }

    /**
     * Returns a score of each measure in [0, 1], 1 for a clean picture, by {@link #NAMES}. A picture can hardly be too sharp:
     * sharpness has its full score from a variance of 100 on.
     *
     * @param usualClipped the share of black and white pixels that clean pictures have, 0 to 1
     */
    public Map<String, Double> scores(double usualClipped) {
        Map<String, Double> scores = new LinkedHashMap<>();
        scores.put("blockiness", 1 - blockiness);
        scores.put("sharpness", Math.min(1, laplacianVariance / (laplacianVariance + 100) / 0.5));
        scores.put("noise", 1 - unit(noise / 25));
        scores.put("saturation", 1 - unit(saturated / 2 + unit((colourfulness - 82) / 68) / 2));
        scores.put("ringing", 1 - ringing / (ringing + 5));
        scores.put("exposure", 1 - unit(2 * (clipped - usualClipped)));
        scores.put("grid", 1 - unit((grid - 1) / 20));
        return Collections.unmodifiableMap(scores);
    }

    private static double unit(double value) {
        return Math.max(0, Math.min(1, value));
    }
}
