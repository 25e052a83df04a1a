package dev.sluice.rewards.internal.sets;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.SetMeasures;
import dev.sluice.rewards.internal.Appearance;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Offers how near samples come to a folder of pictures: each to its nearest one, or what each adds to the nearness of all samples of
 * the call as a set. Pictures are compared by colours and edges; Fréchet's distance takes 24 fixed random directions of them.
 */
public final class Exemplars implements ParsedProvider {
    private static final String MEASURE = "measure";
    private static final String NEAREST = "nearest";
    private static final int LEAST = 2;
    private static final int DIRECTIONS = 24;
    private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg");

    @Override
    public String name() {
        return "exemplars";
    }

    @Override
    public RewardFacts facts() {
        return facts(Map.of());
    }

    /** The nearest exemplar is a sample's own affair, the nearness of sets is not. */
    @Override
    public RewardFacts facts(Map<String, Object> options) {
        boolean sets = !String.valueOf(options.getOrDefault(MEASURE, NEAREST)).equals(NEAREST);
        return new RewardFacts(
                Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, RewardFacts.Modality.BOTH, false, sets, true);
    }

    @Override
    public RewardCard card() {
        return new RewardCard(
                "nearness to a folder of pictures: to the nearest of them, or what it adds to that of all samples as a set",
                "a folder of pictures (option folder)",
                "DRAGON (2025), arXiv:2504.15217");
    }

    @Override
    public Map<String, List<String>> options() {
        return Map.of("folder", List.of(), MEASURE, List.of(NEAREST, "kernel", "frechet"));
    }

    @Override
    public Supplier<Reward> prepare(RewardOptions options) {
        String folder = options.text("folder").orElse("");
        if (folder.isBlank()) {
            throw new IllegalArgumentException(
                    "exemplars.folder must name a folder of pictures.%nMaybe write options: {folder: DIR}."
                            .formatted());
        }
        Path path = Path.of(folder);
        if (!Files.isDirectory(path)) {
            throw new IllegalArgumentException("exemplars.folder (%s) must be a folder.".formatted(folder));
        }
        String measure = options.word(MEASURE, NEAREST);
        return () -> open(path, measure);
    }

    private static Reward open(Path folder, String measure) {
        double[][] looks = read(folder);
        if (measure.equals(NEAREST)) {
            return Reward.each(sample -> nearest(Appearance.mean(sample.media()), looks));
        }
        boolean frechet = measure.equals("frechet");
        double[][] exemplars = frechet ? projected(looks) : scaled(looks);
        Spread spread = Spread.of(exemplars);
        ToDoubleFunction<double[][]> nearness = frechet
                ? set -> -Spread.distance(Spread.of(set), spread)
                : set -> -SetMeasures.kernelDistance(set, exemplars);
        return samples -> adds(samples, frechet, nearness);
    }

    private static Scores adds(List<Sample> samples, boolean project, ToDoubleFunction<double[][]> nearness) {
        if (samples.isEmpty()) {
            return Scores.of();
        }
        if (samples.size() < LEAST + 1) {
            return Reward.each(sample -> {
                        throw new IllegalArgumentException(
                                "at least 3 samples in a call are needed to compare sets, but there are %s"
                                        .formatted(samples.size()));
                    })
                    .score(samples);
        }
        double[][] looks =
                samples.stream().map(sample -> Appearance.mean(sample.media())).toArray(double[][]::new);
        return Scores.of(SetMeasures.leaveOneOut(nearness, project ? projected(looks) : scaled(looks)));
    }

    private static double nearest(double[] look, double[][] exemplars) {
        return Arrays.stream(exemplars)
                .mapToDouble(exemplar -> Appearance.likeness(look, exemplar))
                .max()
                .orElseThrow();
    }

    /** Returns vectors whose products are d times the cosine, which the kernel divides by d. */
    private static double[][] scaled(double[][] looks) {
        double length = Math.sqrt(Appearance.SIZE);
        return Arrays.stream(looks)
                .map(look -> Arrays.stream(look).map(value -> value * length).toArray())
                .toArray(double[][]::new);
    }

    private static double[][] projected(double[][] looks) {
        Random random = new Random(20_250_415);
        double[][] directions = new double[DIRECTIONS][Appearance.SIZE];
        for (double[] direction : directions) {
            Arrays.setAll(direction, i -> random.nextGaussian() / Math.sqrt(DIRECTIONS));
        }
        return Arrays.stream(looks)
                .map(look -> Arrays.stream(directions)
                        .mapToDouble(direction -> {
                            double sum = 0;
                            for (int i = 0; i < look.length; i++) {
                                sum += direction[i] * look[i];
                            }
                            return sum;
                        })
                        .toArray())
                .toArray(double[][]::new);
    }

    private static double[][] read(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> pictures = files.filter(file -> ENDINGS.stream()
                            .anyMatch(file.getFileName().toString().toLowerCase(Locale.ROOT)::endsWith))
                    .sorted()
                    .toList();
            if (pictures.size() < LEAST) {
                throw new IllegalArgumentException("exemplars.folder (%s) must hold at least %s pictures (%s)."
                        .formatted(folder, LEAST, String.join(", ", ENDINGS)));
            }
            double[][] looks = new double[pictures.size()][];
            for (int i = 0; i < looks.length; i++) {
                Media picture = ImageFiles.read(pictures.get(i));
                looks[i] = Appearance.mean(picture);
            }
            return looks;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
