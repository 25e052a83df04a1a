package dev.sluice.rewards;

import dev.sluice.rewards.internal.artifact.CleanParts;
import dev.sluice.rewards.internal.artifact.LogisticFit;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Trains {@link ArtifactDetector}s on the same clean pictures, each with some kinds of flaws, and tests them with others. Half of the
 * pictures show what is clean; each of the others is judged as it is, and spoilt twice.
 */
public final class ArtifactTraining {
    private static final int LEAST = 40;
    private static final int TIMES = 2;

    private final CleanParts parts;
    private final List<double[]> good;
    private final Map<SyntheticArtifact, List<double[]>> bad;

    private ArtifactTraining(CleanParts parts, List<double[]> good, Map<SyntheticArtifact, List<double[]>> bad) {
        this.parts = parts;
        this.good = good;
        this.bad = bad;
    }

    /**
     * Spoils pictures and measures them.
     *
     * @param clean at least 40 pictures without flaws, each of another scene
     * @param kinds the flaws to learn from
     * @param seed of what is random
     * @throws IllegalArgumentException if there are too few pictures or kinds, or one is too small
     */
    public static ArtifactTraining of(List<Media> clean, Collection<SyntheticArtifact> kinds, long seed) {
        if (clean.size() < LEAST) {
            throw new IllegalArgumentException(
                    "clean has %s pictures; at least %s are needed.".formatted(clean.size(), LEAST));
        }
        if (kinds.isEmpty()) {
            throw new IllegalArgumentException("kinds ([]) must have at least one flaw.");
        }
        List<Media> shown = every(clean, 0);
        CleanParts parts = CleanParts.of(shown, seed);
        List<SyntheticArtifact> all = List.copyOf(kinds);
        List<double[]> good = new ArrayList<>();
        Map<SyntheticArtifact, List<double[]>> bad = new EnumMap<>(SyntheticArtifact.class);
        Random random = new Random(seed);
        int next = 0;
        for (Media picture : every(clean, 1)) {
            good.add(ArtifactDetector.numbers(parts, picture, 0));
            for (int time = 0; time < TIMES; time++) {
                SyntheticArtifact kind = all.get(next++ % all.size());
                int strength = 1 + random.nextInt(SyntheticArtifact.STRONGEST);
                Media spoilt = kind.apply(picture, strength, random.nextLong());
                if (distance(spoilt, picture) > 0) {
                    bad.computeIfAbsent(kind, key -> new ArrayList<>()).add(ArtifactDetector.numbers(parts, spoilt, 0));
                }
            }
        }
        return new ArtifactTraining(parts, good, bad);
    }

    private static List<Media> every(List<Media> pictures, int rest) {
        return IntStream.range(0, pictures.size())
                .filter(i -> i % 2 == rest)
                .mapToObj(pictures::get)
                .toList();
    }

    /** Returns by how many of 255 levels a value differs in the mean. */
    private static double distance(Media one, Media other) {
        return IntStream.range(0, one.rgb().length)
                .map(i -> Math.abs((one.rgb()[i] & 0xFF) - (other.rgb()[i] & 0xFF)))
                .average()
                .orElse(0);
    }

    /**
     * Trains a detector.
     *
     * @param kinds the flaws that it learns from, some of those of the training
     * @throws IllegalArgumentException if no picture has such a flaw
     */
    public ArtifactDetector detector(Collection<SyntheticArtifact> kinds) {
        return detector(kinds, List.of());
    }

    /**
     * Trains a detector that learns from pictures which were found with artifacts as well, such as those of over-optimised runs.
     *
     * @param kinds the flaws that it learns from, some of those of the training
     * @param found pictures as they were found; of a video the first frame
     * @throws IllegalArgumentException if no picture has such a flaw, or one is too small
     */
    public ArtifactDetector detector(Collection<SyntheticArtifact> kinds, List<Media> found) {
        List<double[]> spoilt = new ArrayList<>();
        found.forEach(picture -> spoilt.add(ArtifactDetector.numbers(parts, picture, 0)));
        bad.forEach((kind, rows) -> spoilt.addAll(kinds.contains(kind) ? rows : List.of()));
        if (spoilt.isEmpty()) {
            throw new IllegalArgumentException("kinds (%s) must be some of %s.".formatted(kinds, bad.keySet()));
        }
        return new ArtifactDetector(parts, LogisticFit.of(good, spoilt));
    }

    /**
     * Measures pictures to test detectors of this training with.
     *
     * @param clean pictures that took no part in training; odd ones are spoilt, even ones are not
     * @param seed of what is random
     */
    public Test test(List<Media> clean, long seed) {
        return new Test(
                parts,
                every(clean, 1),
                every(clean, 0).stream()
                        .map(picture -> ArtifactDetector.numbers(parts, picture, 0))
                        .toList(),
                seed);
    }

    /** A test of detectors of one training. */
    public static final class Test {
        private static final double VISIBLE = 0.5;

        private final CleanParts parts;
        private final List<Media> clean;
        private final List<double[]> good;
        private final long seed;

        /** Takes pictures that were found with artifacts and took no part in training. */
        public Flaw found(List<Media> pictures) {
            return new Flaw(
                    good,
                    List.of(pictures.stream()
                            .map(picture -> ArtifactDetector.numbers(parts, picture, 0))
                            .toList()));
        }

        private Test(CleanParts parts, List<Media> clean, List<double[]> good, long seed) {
            this.parts = parts;
            this.clean = clean;
            this.good = good;
            this.seed = seed;
        }

        /** Spoils pictures with a kind of flaw, every one at one strength, all strengths in turns. */
        public Flaw flaw(SyntheticArtifact kind) {
            Random random = new Random(seed);
            List<List<double[]>> spoilt = new ArrayList<>();
            IntStream.range(0, SyntheticArtifact.STRONGEST).forEach(i -> spoilt.add(new ArrayList<>()));
            for (int i = 0; i < clean.size(); i++) {
                int level = i % SyntheticArtifact.STRONGEST;
                Media picture = kind.apply(clean.get(i), level + 1, random.nextLong());
                if (distance(picture, clean.get(i)) >= VISIBLE) {
                    spoilt.get(level).add(ArtifactDetector.numbers(parts, picture, 0));
                }
            }
            return new Flaw(good, spoilt);
        }
    }

    /**
     * Clean pictures and such with one kind of flaw. Spoilt ones that differ from the clean ones by less than half a grey level in the
     * mean are left out: swapping two patches of one ground spoils nothing.
     */
    public static final class Flaw {
        private final List<double[]> good;
        private final List<List<double[]>> spoilt;

        private Flaw(List<double[]> good, List<List<double[]>> spoilt) {
            this.good = good;
            this.spoilt = spoilt;
        }

        /**
         * Returns how often a clean picture has a higher probability than a spoilt one, ties counting half: the area under the
         * receiver's curve.
         */
        public double area(ArtifactDetector detector) {
            return area(detector, spoilt.stream().flatMap(List::stream).toList());
        }

        /**
         * Returns the same for spoilt pictures of one strength.
         *
         * @param strength 1 to {@link SyntheticArtifact#STRONGEST}
         * @return NaN if no picture is visibly spoilt at this strength
         */
        public double area(ArtifactDetector detector, int strength) {
            return area(detector, spoilt.get(strength - 1));
        }

        private double area(ArtifactDetector detector, List<double[]> bad) {
            double[] high = good.stream().mapToDouble(detector::probability).toArray();
            double wins = 0;
            for (double[] numbers : bad) {
                double low = detector.probability(numbers);
                for (double one : high) {
                    wins += one > low ? 1 : one == low ? 0.5 : 0;
                }
            }
            return wins / ((double) high.length * bad.size());
        }
    }
}
