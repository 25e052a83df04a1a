package dev.sluice.rewards.internal.motion;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.VideoFaults;
import dev.sluice.rewards.internal.Appearance;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import dev.sluice.rewards.internal.onnx.FrameLooks;
import dev.sluice.rewards.internal.onnx.ModelOptions;
import dev.sluice.video.Media;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** The rewards of videos that need no weights. */
final class VideoRewards {
    private static final String VBENCH = "VBench (2023), arXiv:2311.17982, without its networks";

    private static final String LOOKS = "VBench (2023), arXiv:2311.17982";

    private VideoRewards() {}

    /** Offers a score of every video by itself, at most 1. */
    private abstract static class OfVideos implements ParsedProvider {
        private final String name;
        private final RewardFacts facts;
        private final RewardCard card;

        OfVideos(String name, double least, String scores, String needs, String source) {
            this.name = name;
            this.facts = new RewardFacts(least, 1, RewardFacts.Modality.VIDEO, false, false, true);
            this.card = new RewardCard(scores, needs, source);
        }

        @Override
        public final String name() {
            return name;
        }

        @Override
        public final RewardFacts facts() {
            return facts;
        }

        @Override
        public final RewardCard card() {
            return card;
        }
    }

    private static Supplier<Reward> each(ToDoubleFunction<Media> score) {
        return () -> Reward.each(sample -> score.applyAsDouble(sample.media()));
    }

    /** Offers how well every second frame follows from its neighbours. */
    public static final class MotionSmoothness extends OfVideos {
        /** Called by the service loader. */
        public MotionSmoothness() {
            super(
                    "motion-smoothness",
                    0,
                    "how well every second frame follows from its neighbours; a still video has 1",
                    "3 frames",
                    VBENCH);
        }

        @Override
        public Map<String, List<String>> options() {
            return Map.of("guess", List.of("blocks", "blend"));
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            Smoothness.Guess guess =
                    options.word("guess", "blocks").equals("blend") ? Smoothness.Guess.BLEND : Smoothness.Guess.BLOCKS;
            return each(media -> Smoothness.score(media, guess));
        }
    }

    /** Offers how much a video moves, or how near that is to what is wanted. */
    public static final class DynamicDegree extends OfVideos {
        /** Called by the service loader. */
        public DynamicDegree() {
            super(
                    "dynamic-degree",
                    0,
                    "how fast the fastest pixels move; with a target, how near that is to it",
                    "frames per second",
                    VBENCH);
        }

        @Override
        public Map<String, List<String>> options() {
            return Map.of("form", List.of("continuous", "official"), "target", List.of());
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            boolean official = options.word("form", "continuous").equals("official");
            if (official && options.has("target")) {
                throw new IllegalArgumentException(
                        "dynamic-degree.target (%s) must go with form: continuous, because the official form is yes or no."
                                .formatted(options.word("target", "")));
            }
            double target = options.number("target", 0.5, 0, 1);
            boolean aimed = options.has("target");
            return each(media -> {
                Dynamics dynamics = Dynamics.of(media);
                if (official) {
                    return dynamics.moving() ? 1 : 0;
                }
                return aimed ? dynamics.nearness(target) : dynamics.degree();
            });
        }
    }

    /** Offers the logarithm of the mean displacement. */
    public static final class LogMotion extends OfVideos {
        /** Called by the service loader. */
        public LogMotion() {
            super(
                    "log-motion",
                    Math.log(1e-3) / 16,
                    "ln(mean displacement in pixels)/16",
                    "frames per second",
                    "Diffusion Latent Beam Search (2025), arXiv:2501.19252");
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            return each(media -> Dynamics.of(media).logarithm());
        }
    }

    /** Offers how steady the brightness is. */
    public static final class TemporalFlicker extends OfVideos {
        private static final Map<String, ToDoubleFunction<Media>> FORMS =
                Map.of("local", Flicker::local, "global", Flicker::global, "still", Flicker::still);

        /** Called by the service loader. */
        public TemporalFlicker() {
            super(
                    "temporal-flicker",
                    0,
                    "how steady the brightness is, where nothing moves (local), on the whole (global) or everywhere (still: "
                            + "motion costs)",
                    "3 frames",
                    VBENCH);
        }

        @Override
        public Map<String, List<String>> options() {
            return Map.of("form", List.of("local", "global", "still"));
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            return each(FORMS.get(options.word("form", "local")));
        }
    }

    private static Supplier<Reward> consistency(RewardOptions options, FrameLooks otherwise) {
        Supplier<FrameLooks> opening = FrameLooks.prepare(options, otherwise);
        return () -> {
            FrameLooks looks = opening.get();
            return looks.each(sample -> consistency(sample.media(), looks));
        };
    }

    private static double consistency(Media media, FrameLooks looks) {
        if (VideoFaults.of(media).black()) {
            throw new IllegalArgumentException("the video is black");
        }
        double[][] all = looks.of(media, IntStream.range(0, media.frames()).toArray());
        double sum = 0;
        for (int t = 1; t < all.length; t++) {
            sum += (Appearance.likeness(all[t - 1], all[t]) + Appearance.likeness(all[0], all[t])) / 2;
        }
        return sum / (all.length - 1);
    }

    /** Offers how alike frames look to the one before and to the first. */
    public static final class SubjectConsistency extends OfVideos {
        /** Called by the service loader. */
        public SubjectConsistency() {
            super(
                    "subject-consistency",
                    0,
                    "how alike frames look to the one before and to the first, by colours and edges or by a network's "
                            + "embedding (option model); a still video has 1",
                    "",
                    LOOKS);
        }

        @Override
        public Map<String, List<String>> options() {
            return ModelOptions.all();
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            return consistency(options, FrameLooks.PLAIN);
        }
    }

    /** Offers the same of the border of the picture. */
    public static final class BackgroundConsistency extends OfVideos {
        /** Called by the service loader. */
        public BackgroundConsistency() {
            super(
                    "background-consistency",
                    0,
                    "the same of the border of the picture; with a network, of the whole",
                    "",
                    LOOKS);
        }

        @Override
        public Map<String, List<String>> options() {
            return ModelOptions.all();
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            return consistency(options, FrameLooks.RIM);
        }
    }

    /** Offers what a score is worth that a still video would get for nothing. */
    public static final class NotFrozen extends OfVideos {
        /** Called by the service loader. */
        public NotFrozen() {
            super(
                    "not-frozen",
                    0,
                    "1 while it moves, down to 0 if no frame differs from the next; a factor for scores that stillness has",
                    "",
                    "");
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            return each(media -> VideoFaults.of(media).factor());
        }
    }
}
