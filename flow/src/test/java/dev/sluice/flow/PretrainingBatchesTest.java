package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What becomes of the captions of a batch. */
class PretrainingBatchesTest {
    private static final int SIZE = 1_000;

    /** Pictures whose caption is their number. */
    private static PretrainingData.Batch numbered(long step, int size) {
        List<PretrainingData.Caption> captions = IntStream.range(0, size)
                .mapToObj(i -> PretrainingData.Caption.of("" + i))
                .toList();
        return new PretrainingData.Batch(new float[0], new float[0], captions);
    }

    private static List<String> captions(double dropout, double mismatch, long step) {
        AdamW.Options adam = new AdamW.Options(1e-3, 0.9, 0.99, 1e-8, 0, 1);
        Pretraining.Options options =
                new Pretraining.Options(1, SIZE, SIZE, adam, 0, 0, 1, 0, dropout, mismatch, 0, 0, 1, 3);
        PretrainingBatches batches = new PretrainingBatches(options, 4, PretrainingBatchesTest::numbered);
        return batches.captions(numbered(step, SIZE), step).stream()
                .map(PretrainingData.Caption::text)
                .toList();
    }

    private static String next(int i) {
        return "" + (i + 1) % SIZE;
    }

    @Test
    void withoutMismatchEveryPictureHasItsOwnCaption() {
        List<String> captions = captions(0, 0, 5);
        assertThat(IntStream.range(0, SIZE)).allMatch(i -> captions.get(i).equals("" + i));
    }

    @Test
    void theShareOfMismatchHasTheNextPicturesCaption() {
        List<String> captions = captions(0, 0.3, 5);
        assertThat(IntStream.range(0, SIZE))
                .allMatch(i -> captions.get(i).equals("" + i) || captions.get(i).equals(next(i)));
        double share = IntStream.range(0, SIZE)
                        .filter(i -> captions.get(i).equals(next(i)))
                        .count()
                / (double) SIZE;
        assertThat(share).isCloseTo(0.3, within(0.05));
        assertThat(captions(0, 0.3, 5)).isEqualTo(captions);
        assertThat(captions(0, 0.3, 6)).isNotEqualTo(captions);
        List<String> all = captions(0, 1, 5);
        assertThat(IntStream.range(0, SIZE)).allMatch(i -> all.get(i).equals(next(i)));
    }

    @Test
    void captionsAreDroppedWhosesoeverTheyAre() {
        List<String> captions = captions(0.2, 0.5, 5);
        double dropped = captions.stream().filter(String::isEmpty).count() / (double) SIZE;
        assertThat(dropped).isCloseTo(0.2, within(0.05));
        double others = IntStream.range(0, SIZE)
                        .filter(i -> captions.get(i).equals(next(i)))
                        .count()
                / (double) SIZE;
        assertThat(others).isCloseTo(0.8 * 0.5, within(0.06));
    }
}
