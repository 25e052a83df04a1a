package dev.sluice.rewards;

import dev.sluice.rewards.internal.artifact.CleanParts;
import dev.sluice.rewards.internal.artifact.DetectorFile;
import dev.sluice.rewards.internal.artifact.LogisticFit;
import dev.sluice.rewards.internal.artifact.PictureStatistics;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * The probability that a picture has no artifacts: a logistic regression on how far statistics of a picture lie from those of clean
 * ones, among them how unlike clean ones its colours and its flat regions are. What is unusual in any of them lowers it, so that
 * also flaws of kinds are found that it was not trained with.
 *
 * <p>It knows the clean pictures that it was trained with; others need a detector of their own.
 */
public final class ArtifactDetector {
    private final CleanParts parts;
    private final LogisticFit fit;

    ArtifactDetector(CleanParts parts, LogisticFit fit) {
        this.parts = parts;
        this.fit = fit;
    }

    /**
     * Trains one; {@link ArtifactTraining} trains several on the same pictures, and tests them.
     *
     * @param clean at least 40 pictures without flaws, each of another scene
     * @param kinds the flaws to learn from
     * @param seed of what is random
     * @throws IllegalArgumentException if there are too few pictures or kinds, or one is too small
     */
    public static ArtifactDetector train(List<Media> clean, Collection<SyntheticArtifact> kinds, long seed) {
        return ArtifactTraining.of(clean, kinds, seed).detector(kinds);
    }

    /** Returns what a detector judges a frame by. */
    static double[] numbers(CleanParts parts, Media media, int frame) {
        if (Math.min(media.height(), media.width()) < ArtifactMeasures.LEAST_SIDE) {
            throw new IllegalArgumentException("a picture of %s×%s pixels is too small; its sides must have at least %s"
                    .formatted(media.height(), media.width(), ArtifactMeasures.LEAST_SIDE));
        }
        return DoubleStream.concat(
                        DoubleStream.of(PictureStatistics.of(media, frame)),
                        DoubleStream.of(parts.strangeness(media, frame)))
                .toArray();
    }

    /**
     * Returns the probability that a frame has no artifacts, in (0, 1).
     *
     * @throws IllegalArgumentException if a side is shorter than {@link ArtifactMeasures#LEAST_SIDE}
     */
    public double probability(Media media, int frame) {
        return probability(numbers(parts, media, frame));
    }

    double probability(double[] numbers) {
        return fit.probability(numbers);
    }

    /**
     * Writes it as a text file, in one step.
     *
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        new DetectorFile(parts, fit).write(file);
    }

    /**
     * Reads one that {@link #write} wrote.
     *
     * @throws IOException if the file is missing or is none; the message names it
     */
    public static ArtifactDetector read(Path file) throws IOException {
        return of(DetectorFile.read(file));
    }

    /** Returns the one for pictures of the bundled world {@code scenes}, 32×32 pixels. */
    public static ArtifactDetector scenes() {
        return of(DetectorFile.bundled());
    }

    private static ArtifactDetector of(DetectorFile file) {
        return new ArtifactDetector(file.parts(), file.fit());
    }
}
