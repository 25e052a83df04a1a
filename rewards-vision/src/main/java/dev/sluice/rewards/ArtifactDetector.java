package dev.sluice.rewards;

import dev.sluice.rewards.internal.artifact.DetectorFile;
import dev.sluice.rewards.internal.artifact.LogisticFit;
import dev.sluice.rewards.internal.artifact.PictureStatistics;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The probability that a picture has no artifacts: a logistic regression on how far statistics of a picture lie from those of clean
 * ones. What is unusual in any of them lowers it, so that also flaws of kinds are found that it was not trained with.
 *
 * <p>It knows the clean pictures that it was trained with; others need a detector of their own.
 */
public final class ArtifactDetector {
    private final LogisticFit fit;

    private ArtifactDetector(LogisticFit fit) {
        this.fit = fit;
    }

    /**
     * Trains one.
     *
     * @param clean at least 40 pictures without flaws, each of another scene; half of them are spoilt to learn from
     * @param kinds the flaws to learn from
     * @param seed of what is random
     * @throws IllegalArgumentException if there are too few pictures or kinds, or one is too small
     */
    public static ArtifactDetector train(List<Media> clean, Collection<SyntheticArtifact> kinds, long seed) {
        if (clean.size() < 40) {
            throw new IllegalArgumentException(
                    "clean has %s pictures; at least 40 are needed.".formatted(clean.size()));
        }
        if (kinds.isEmpty()) {
            throw new IllegalArgumentException("kinds ([]) must have at least one flaw.");
        }
        List<double[]> good = new ArrayList<>();
        List<double[]> bad = new ArrayList<>();
        List<SyntheticArtifact> all = List.copyOf(kinds);
        Random random = new Random(seed);
        for (int i = 0; i < clean.size(); i++) {
            Media picture = clean.get(i);
            require(picture);
            if (i % 2 == 0) {
                good.add(PictureStatistics.of(picture, 0));
                continue;
            }
            double[] before = PictureStatistics.of(picture, 0);
            SyntheticArtifact kind = all.get(i / 2 % all.size());
            Media spoilt = kind.apply(picture, 1 + random.nextInt(SyntheticArtifact.STRONGEST), random.nextLong());
            if (distance(spoilt, picture) > 0) {
                bad.add(PictureStatistics.of(spoilt, 0));
            } else {
                good.add(before);
            }
        }
        return new ArtifactDetector(LogisticFit.of(good, bad));
    }

    private static void require(Media picture) {
        if (Math.min(picture.height(), picture.width()) < ArtifactMeasures.LEAST_SIDE) {
            throw new IllegalArgumentException("a picture of %s×%s pixels is too small; its sides must have at least %s"
                    .formatted(picture.height(), picture.width(), ArtifactMeasures.LEAST_SIDE));
        }
    }

    /** Returns by how many of 255 levels a value differs in the mean. */
    static double distance(Media one, Media other) {
        return IntStream.range(0, one.rgb().length)
                .map(i -> Math.abs((one.rgb()[i] & 0xFF) - (other.rgb()[i] & 0xFF)))
                .average()
                .orElse(0);
    }

    /**
     * Returns the probability that a frame has no artifacts, in (0, 1).
     *
     * @throws IllegalArgumentException if a side is shorter than {@link ArtifactMeasures#LEAST_SIDE}
     */
    public double probability(Media media, int frame) {
        require(media);
        return fit.probability(PictureStatistics.of(media, frame));
    }

    /**
     * Returns how often a clean picture has a higher probability than a spoilt one, ties counting half: the area under the
     * receiver's curve. Spoilt pictures that differ from the clean ones by less than half a grey level in the mean do not count:
     * swapping two patches of one ground spoils nothing.
     *
     * @param clean pictures that took no part in training; odd ones are spoilt, even ones are not
     * @param kind the flaw
     * @param seed of what is random
     */
    public double area(List<Media> clean, SyntheticArtifact kind, long seed) {
        List<Double> good = new ArrayList<>();
        List<Double> bad = new ArrayList<>();
        Random random = new Random(seed);
        for (int i = 0; i < clean.size(); i++) {
            Media picture = clean.get(i);
            if (i % 2 == 0) {
                good.add(probability(picture, 0));
                continue;
            }
            Media spoilt = kind.apply(picture, 1 + random.nextInt(SyntheticArtifact.STRONGEST), random.nextLong());
            if (distance(spoilt, picture) >= 0.5) {
                bad.add(probability(spoilt, 0));
            }
        }
        double wins = 0;
        for (double high : good) {
            for (double low : bad) {
                wins += high > low ? 1 : high == low ? 0.5 : 0;
            }
        }
        return wins / ((double) good.size() * bad.size());
    }

    /**
     * Writes it as a text file, in one step.
     *
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        DetectorFile.write(fit, file);
    }

    /**
     * Reads one that {@link #write} wrote.
     *
     * @throws IOException if the file is missing or is none; the message names it
     */
    public static ArtifactDetector read(Path file) throws IOException {
        return new ArtifactDetector(DetectorFile.read(file));
    }

    /** Returns the one for pictures of the bundled world {@code scenes}, 32×32 pixels. */
    public static ArtifactDetector scenes() {
        return new ArtifactDetector(DetectorFile.bundled());
    }
}
