package dev.sluice.rewards.internal.detect;

import dev.sluice.flow.tensor.Suggestion;
import dev.sluice.rewards.Sample;
import java.util.List;

/** Where boxes come from. */
interface BoxSource extends AutoCloseable {
    /**
     * Returns the boxes that count for the sample's task, the surest first.
     *
     * @throws IllegalArgumentException if there can be none, such as of a class that a detector does not know
     */
    List<FoundBox> of(Sample sample);

    @Override
    default void close() {}

    /** GenEval counts with surer boxes than it finds with. */
    static boolean counting(Sample sample) {
        return "counting".equals(sample.metadata().get("tag"));
    }

    /** Boxes that a sample's metadata list, with GenEval's own thresholds. */
    record OfMetadata() implements BoxSource {
        private static final double SURE = 0.3;
        private static final double SURE_TO_COUNT = 0.9;

        @Override
        public List<FoundBox> of(Sample sample) {
            return FoundBox.surest(
                    FoundBox.read(sample.metadata().get("boxes")), counting(sample) ? SURE_TO_COUNT : SURE);
        }
    }

    /**
     * Boxes that a detector finds.
     *
     * @param detector closed with this
     */
    record OfDetector(ObjectDetector detector) implements BoxSource {
        @Override
        public List<FoundBox> of(Sample sample) {
            for (String list : new String[] {"include", "exclude"}) {
                Wanted.read(list, sample.metadata().get(list)).forEach(wanted -> requireKnown(list, wanted.kind()));
            }
            return FoundBox.surest(detector.find(sample.media()), detector.least(counting(sample)));
        }

        private void requireKnown(String list, String kind) {
            if (!detector.labels().contains(kind)) {
                throw new IllegalArgumentException("%s: the class (%s) is none of the %s that the detector knows.%s"
                        .formatted(
                                list,
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
