package dev.sluice.rewards.internal.sets;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import dev.sluice.rewards.internal.Stills;
import dev.sluice.rewards.internal.onnx.FrameLooks;
import dev.sluice.rewards.internal.onnx.ModelOptions;
import dev.sluice.video.Media;
import dev.sluice.video.MediaFiles;
import dev.sluice.video.MediaFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;

/**
 * Offers how well a video's frames can be matched to those of reference videos: minus the cost of the transport between them, where
 * a frame that becomes another costs 1 less the cosine of their looks. In which order frames come does not count.
 */
public final class FeatureMatching implements ParsedProvider {
    private static final double USUAL_BLUR = 0.05;
    private static final double LEAST_BLUR = 1e-4;
    private static final int USUAL_STEPS = 100;
    private static final int USUAL_FRAMES = 16;

    /**
     * How videos are compared.
     *
     * @param frames at most so many of each, spread evenly
     * @param epsilon the blur of the transport
     * @param steps the most that it takes to be found
     * @param nearest whether the nearest reference counts, or the mean over all
     */
    private record Measure(int frames, double epsilon, int steps, boolean nearest) {
        double[][] looks(FrameLooks looks, Media media) {
            return looks.of(media, Stills.spread(media, frames));
        }

        double score(double[][] sample, List<double[][]> references) {
            DoubleStream scores = references.stream()
                    .mapToDouble(reference -> -Transport.of(costs(sample, reference), epsilon, steps)
                            .cost());
            return (nearest ? scores.max() : scores.average()).orElseThrow();
        }

        private static double[][] costs(double[][] sample, double[][] reference) {
            double[][] costs = new double[sample.length][reference.length];
            for (int i = 0; i < sample.length; i++) {
                for (int j = 0; j < reference.length; j++) {
                    double cosine = 0;
                    for (int k = 0; k < sample[i].length; k++) {
                        cosine += sample[i][k] * reference[j][k];
                    }
                    costs[i][j] = Math.max(0, Math.min(2, 1 - cosine));
                }
            }
            return costs;
        }
    }

    @Override
    public String name() {
        return "feature-matching";
    }

    @Override
    public RewardFacts facts() {
        return new RewardFacts(-2, 0, RewardFacts.Modality.BOTH, false, false, true);
    }

    @Override
    public RewardCard card() {
        return new RewardCard(
                "how well its frames can be matched to those of reference videos, by colours and edges or by a network's"
                        + " embedding (option model)",
                "a video or a folder of videos (option references)",
                "RAPL (2024), arXiv:2412.04835, with an encoder as it is");
    }

    @Override
    public Map<String, List<String>> options() {
        Map<String, List<String>> options = new HashMap<>(ModelOptions.all());
        options.put("references", List.of());
        options.put("frames", List.of());
        options.put("epsilon", List.of());
        options.put("steps", List.of());
        options.put("against", List.of("nearest", "mean"));
        return options;
    }

    @Override
    public Supplier<Reward> prepare(RewardOptions options) {
        Path references = Path.of(options.text("references")
                .filter(text -> !text.isBlank())
                .orElseThrow(() -> new IllegalArgumentException(
                        "feature-matching.references must name a video or a folder of videos.%nMaybe write options: {references: DIR}."
                                .formatted())));
        if (!Files.exists(references)) {
            throw new IllegalArgumentException(
                    "feature-matching.references (%s) does not exist.".formatted(references));
        }
        Measure measure = new Measure(
                options.whole("frames", USUAL_FRAMES, 1, 4096),
                options.number("epsilon", USUAL_BLUR, LEAST_BLUR, Double.POSITIVE_INFINITY),
                options.whole("steps", USUAL_STEPS, 1, 1_000_000),
                options.word("against", "nearest").equals("nearest"));
        Supplier<FrameLooks> opening = FrameLooks.prepare(options, FrameLooks.PLAIN);
        return () -> {
            FrameLooks looks = opening.get();
            try {
                List<double[][]> known = read(references, measure, looks);
                return looks.each(sample -> measure.score(measure.looks(looks, sample.media()), known));
            } catch (RuntimeException e) {
                looks.close();
                throw e;
            }
        };
    }

    private static List<double[][]> read(Path references, Measure measure, FrameLooks looks) {
        try {
            boolean one = !Files.isDirectory(references) || MediaFolder.isFrames(references);
            List<Path> files = one ? List.of(references) : MediaFolder.list(references);
            if (files.isEmpty()) {
                throw new IllegalArgumentException(
                        "feature-matching.references (%s) must hold at least one video or image."
                                .formatted(references));
            }
            List<double[][]> known = new ArrayList<>();
            for (Path file : files) {
                known.add(looked(file, measure, looks));
            }
            return known;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double[][] looked(Path file, Measure measure, FrameLooks looks) throws IOException {
        Media media = MediaFiles.read(file);
        try {
            return measure.looks(looks, media);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("%s: %s.".formatted(file, e.getMessage()), e);
        }
    }
}
