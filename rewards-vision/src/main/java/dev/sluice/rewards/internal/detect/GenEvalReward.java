package dev.sluice.rewards.internal.detect;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.internal.GenEval;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import dev.sluice.rewards.internal.onnx.ModelFolder;
import dev.sluice.rewards.internal.onnx.ModelOptions;
import dev.sluice.rewards.internal.onnx.OnnxNetwork;
import dev.sluice.rewards.internal.onnx.ZeroShot;
import dev.sluice.video.Media;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * GenEval's verdict on the boxes that a detector finds, or that a sample's metadata list. They have no masks, with which the source hides
 * what lies beside an object before its colour is named.
 *
 * @param mode what of the verdict is the score
 * @param boxes closed with this
 * @param colors closed with this
 */
record GenEvalReward(ToDoubleFunction<GenEval> mode, BoxSource boxes, ColorReader colors) implements Reward {
    private static final String SOURCE = "GenEval (2023), arXiv:2310.11513; graded as flow_grpo's reward server";
    private static final String NEEDS =
            "include in the metadata; a detector's folder (option model) or boxes in the metadata";

    @Override
    public Scores score(List<Sample> samples) {
        return Reward.each(this::score).score(samples);
    }

    private double score(Sample sample) {
        if (!sample.media().isImage()) {
            throw new IllegalArgumentException(
                    "a video of %s frames is no image".formatted(sample.media().frames()));
        }
        PromptMetadata asked = PromptMetadata.read(sample.metadata());
        List<GenEval.Found> found = named(boxes.of(sample, asked), asked, sample.media());
        return mode.applyAsDouble(GenEval.of(asked.include(), asked.exclude(), found));
    }

    /** Names the colours of boxes whose colour matters, all at once. */
    private List<GenEval.Found> named(List<FoundBox> all, PromptMetadata asked, Media media) {
        Set<String> kinds = asked.include().stream()
                .filter(wanted -> wanted.color().isPresent())
                .map(GenEval.Wanted::kind)
                .collect(Collectors.toSet());
        List<FoundBox> some =
                all.stream().filter(box -> kinds.contains(box.kind())).toList();
        Iterator<String> names = colors.colors(media, some).iterator();
        return all.stream()
                .map(box -> new GenEval.Found(box.kind(), kinds.contains(box.kind()) ? names.next() : "", box.edges()))
                .toList();
    }

    @Override
    public void close() {
        boxes.close();
        colors.close();
    }

    /** What both providers share: the detector, and who names colours. */
    private abstract static class Provider implements ParsedProvider {
        private static final String CLIP = "clip";

        private final String name;
        private final RewardFacts facts;
        private final String scores;

        Provider(String name, double least, String scores) {
            this.name = name;
            this.facts = new RewardFacts(least, 1, RewardFacts.Modality.IMAGE, true, false, true);
            this.scores = scores;
        }

        abstract ToDoubleFunction<GenEval> mode(RewardOptions options);

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
            return new RewardCard(scores, NEEDS, SOURCE);
        }

        @Override
        public Map<String, List<String>> options() {
            Map<String, List<String>> options = new HashMap<>(ModelOptions.all());
            options.put(CLIP, List.of());
            return options;
        }

        @Override
        public final Supplier<Reward> prepare(RewardOptions options) {
            ToDoubleFunction<GenEval> mode = mode(options);
            OnnxNetwork.Place place = ModelOptions.place(options);
            Optional<Path> model =
                    options.has(ModelOptions.MODEL) ? Optional.of(ModelOptions.folder(options)) : Optional.empty();
            Optional<Path> clip = options.text(CLIP).map(Path::of);
            boolean usual = clip.isEmpty() && !options.has("mode");
            return () -> {
                try {
                    return open(mode, place, model, clip, usual);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            };
        }

        private Reward open(
                ToDoubleFunction<GenEval> mode,
                OnnxNetwork.Place place,
                Optional<Path> model,
                Optional<Path> clip,
                boolean usual)
                throws IOException {
            ColorReader colors =
                    clip.isPresent() ? new ClipColors(ZeroShot.open(clip.get(), place)) : new PixelColors();
            try {
                if (model.isEmpty()) {
                    return new GenEvalReward(mode, new BoxSource.OfMetadata(), colors);
                }
                ModelFolder folder = ModelFolder.open(model.get());
                BoxSource boxes = new BoxSource.OfDetector(ObjectDetector.open(folder, place));
                try {
                    Reward reward = new GenEvalReward(mode, boxes, colors);
                    if (usual) {
                        folder.verify(name, reward);
                    }
                    return reward;
                } catch (IOException | RuntimeException e) {
                    boxes.close();
                    throw e;
                }
            } catch (IOException | RuntimeException e) {
                colors.close();
                throw e;
            }
        }
    }

    /** Offers verdicts in [0, 1]. */
    public static final class Bounded extends Provider {
        private static final Map<String, ToDoubleFunction<GenEval>> MODES = Map.of(
                "graded01", GenEval::graded01,
                "official", verdict -> verdict.official() ? 1 : 0,
                "strict", verdict -> verdict.strict() ? 1 : 0);

        /** Creates the provider. */
        public Bounded() {
            super("geneval", 0, "classes, counts, colours and places that the prompt asks for, in a detector's boxes");
        }

        @Override
        public Map<String, List<String>> options() {
            Map<String, List<String>> options = new HashMap<>(super.options());
            options.put("mode", List.of("graded01", "official", "strict"));
            return options;
        }

        @Override
        ToDoubleFunction<GenEval> mode(RewardOptions options) {
            return MODES.get(options.word("mode", "graded01"));
        }
    }

    /** Offers what flow_grpo trains with, to the number: sixteen objects for one are −14, a wrong relation is half right. */
    public static final class Graded extends Provider {
        private static final double LEAST = -14;

        /** Creates the provider. */
        public Graded() {
            super(
                    "geneval-graded",
                    LEAST,
                    "the same, graded as flow_grpo's reward server does it, with no lower limit of a part");
        }

        @Override
        ToDoubleFunction<GenEval> mode(RewardOptions options) {
            return GenEval::graded;
        }
    }
}
