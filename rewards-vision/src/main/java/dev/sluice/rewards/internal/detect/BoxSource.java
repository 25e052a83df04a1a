package dev.sluice.rewards.internal.detect;

import dev.sluice.flow.tensor.Suggestion;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.internal.GenEval.Wanted;
import java.util.List;
import java.util.stream.Stream;

/** Where boxes come from. */
interface BoxSource extends AutoCloseable {
    /**
     * Returns the boxes that count for the sample's task, the surest first.
     *
     * @param asked what the sample's metadata ask for
     * @throws IllegalArgumentException if there can be none, such as of a class that a detector does not know
     */
    List<FoundBox> of(Sample sample, PromptMetadata asked);

    @Override
    default void close() {}

    /** Boxes that a sample's metadata list, with GenEval's own thresholds. */
    record OfMetadata() implements BoxSource {
        private static final double SURE = 0.3;
        private static final double SURE_TO_COUNT = 0.9;

        @Override
        public List<FoundBox> of(Sample sample, PromptMetadata asked) {
            return FoundBox.surest(
                    FoundBox.read(sample.metadata().get("boxes")), asked.counting() ? SURE_TO_COUNT : SURE);
        }
    }

    /**
     * Boxes that a detector finds.
     *
     * @param detector closed with this
     */
    record OfDetector(ObjectDetector detector) implements BoxSource {
        @Override
        public List<FoundBox> of(Sample sample, PromptMetadata asked) {
            Stream.concat(asked.include().stream(), asked.exclude().stream())
                    .map(Wanted::kind)
                    .forEach(this::requireKnown);
            return FoundBox.surest(detector.find(sample.media()), detector.least(asked.counting()));
        }

        private void requireKnown(String kind) {
            if (!detector.labels().contains(kind)) {
                throw new IllegalArgumentException("the class (%s) is none of the %s that the detector knows.%s"
                        .formatted(
                                kind,
                                detector.labels().size(),
                                Suggestion.line(kind, detector.labels()).replace('\n', ' ')));
            }
        }

        @Override
        public void close() {
            detector.close();
        }
    }
}
