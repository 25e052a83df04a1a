package dev.sluice.rewards.internal.artifact;

import dev.sluice.rewards.ArtifactDetector;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import dev.sluice.rewards.internal.Stills;
import dev.sluice.video.Media;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Offers the probability of a trained detector that there are no artifacts; of a video the mean over at most eight frames. */
public final class DetectorReward implements ParsedProvider {
    private static final int MOST_FRAMES = 8;

    @Override
    public String name() {
        return "artifact-detector";
    }

    @Override
    public RewardFacts facts() {
        return new RewardFacts(0, 1, RewardFacts.Modality.BOTH, false, false, true);
    }

    @Override
    public RewardCard card() {
        return new RewardCard(
                "the probability that it has no artifacts, by a detector trained on clean and spoilt pictures",
                "pictures like those it was trained with (option file; else the scenes world)",
                "Understanding Reward Hacking in Text-to-Image RL (2026), whose idea it is");
    }

    @Override
    public Map<String, List<String>> options() {
        return Map.of("file", List.of());
    }

    @Override
    public Supplier<Reward> prepare(RewardOptions options) {
        Optional<Path> file = options.text("file").map(Path::of);
        return () -> {
            ArtifactDetector detector = file.map(DetectorReward::read).orElseGet(ArtifactDetector::scenes);
            return Reward.each(sample -> mean(detector, sample.media()));
        };
    }

    private static ArtifactDetector read(Path file) {
        try {
            return ArtifactDetector.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double mean(ArtifactDetector detector, Media media) {
        int[] frames = Stills.spread(media, MOST_FRAMES);
        double sum = 0;
        for (int frame : frames) {
            sum += detector.probability(media, frame);
        }
        return sum / frames.length;
    }
}
