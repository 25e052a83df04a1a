package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainingTest {
    private static final List<String> WORDS = List.of("a", "bright", "dark", "picture");
    private static final Pretraining.Architecture TINY = new Pretraining.Architecture(8, 2, 2, 2, 12, 1, 2, 8, 5);
    private static final Pretraining.Options OPTIONS = new Pretraining.Options(
            60, 16, 8, new AdamW.Options(3e-3, 0.9, 0.99, 1e-8, 0.01, 1), 0.95, 10, 0.1, 0.9, 0.1, 0, 0, 1, 7);

    @TempDir
    Path folder;

    private final Lanes lanes = lanes(2);

    private static Lanes lanes(int count) {
        Torch.threads(1); // a second thread only waits, with arrays this small
        return new Lanes(count);
    }

    @AfterEach
    void endLanes() {
        lanes.close();
    }

    /** Flat pictures, bright or dark as the caption says. */
    private static PretrainingData.Batch draw(long step, int size) {
        NoiseSource random = NoiseSource.of(1, step);
        float[] pixels = new float[size * 3 * 64];
        List<PretrainingData.Caption> captions = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            boolean bright = random.uniform() < 0.5;
            captions.add(PretrainingData.Caption.of(bright ? "a bright picture" : "a dark picture"));
            java.util.Arrays.fill(pixels, i * 192, (i + 1) * 192, bright ? 0.8f : -0.8f);
        }
        return new PretrainingData.Batch(pixels, new float[0], captions);
    }

    private Pretraining fresh(Pretraining.Options options) {
        return new Pretraining(lanes, Device.cpu(), TINY, WORDS, options, PretrainingTest::draw);
    }

    @Test
    void theModelLearnsToPaintWhatTheCaptionSays() throws IOException {
        double first;
        double last = 0;
        Pretraining.Options longer =
                new Pretraining.Options(400, 16, 8, OPTIONS.optimizer(), 0.95, 10, 0.1, 0.9, 0.1, 0, 0, 1, 7);
        try (Pretraining pretraining = fresh(longer)) {
            first = pretraining.update().loss();
            while (pretraining.step() < longer.steps()) {
                last = pretraining.update().loss();
            }
            pretraining.export(folder.resolve("model"), Map.of("seed", 7));
        }
        assertThat(last).isLessThan(0.35 * first);
        try (FlowPipeline pipeline = FlowPipeline.open(folder.resolve("model"), Device.cpu());
                Torch.Scope ignored = Torch.noGradient()) {
            NDArray noise = NoiseSource.of(3)
                    .gaussian(pipeline.manager(), pipeline.sizes().latentShape(2, 8, 8));
            Conditioning conditioning =
                    pipeline.encode(pipeline.manager(), List.of("a bright picture", "a dark picture"));
            NDArray pictures = pipeline.decode(new OdeSampler(pipeline.sizes().schedule(12))
                    .sample(pipeline.velocityModel(), noise, conditioning));
            assertThat(pictures.get(0).mean().getFloat()).isCloseTo(0.9f, within(0.1f));
            assertThat(pictures.get(1).mean().getFloat()).isCloseTo(0.1f, within(0.1f));
        }
    }

    /** Returns what updates report and all that a checkpoint holds. */
    private static List<Object> trained(int lanes, int chunkSize, Path folder) throws IOException {
        List<Object> all = new ArrayList<>();
        Pretraining.Options options =
                new Pretraining.Options(60, 12, chunkSize, OPTIONS.optimizer(), 0.95, 2, 0.1, 0.9, 0.1, 0, 0, 1, 7);
        try (Lanes several = lanes(lanes);
                Pretraining pretraining =
                        new Pretraining(several, Device.cpu(), TINY, WORDS, options, PretrainingTest::draw)) {
            for (int i = 0; i < 4; i++) {
                all.add(pretraining.update());
            }
            pretraining.checkpoint(folder);
        }
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(Pretraining.CHECKPOINT));
                NDManager manager = Torch.newManager()) {
            for (String name : file.names()) {
                all.add(Arrays.hashCode(file.read(manager, name).toFloatArray()));
            }
        }
        return all;
    }

    @Test
    void theNumberOfLanesChangesNoBit() throws IOException {
        List<Object> one = trained(1, 3, folder);
        assertThat(one).hasSizeGreaterThan(100);
        assertThat(trained(2, 3, folder)).isEqualTo(one);
        assertThat(trained(3, 3, folder)).isEqualTo(one);
    }

    @Test
    void theGradientOfChunksIsThatOfTheWholeBatchToItsRounding() throws IOException {
        Pretraining.Progress whole =
                (Pretraining.Progress) trained(1, 12, folder).get(0);
        for (int chunkSize : new int[] {2, 5, 30}) {
            Pretraining.Progress chunks =
                    (Pretraining.Progress) trained(2, chunkSize, folder).get(0);
            assertThat(chunks.loss()).as("chunks of %s", chunkSize).isCloseTo(whole.loss(), within(1e-6));
            assertThat(chunks.gradientNorm()).isCloseTo(whole.gradientNorm(), within(1e-5 * whole.gradientNorm()));
        }
    }

    /** The label is whether the picture is bright; at pure noise only the caption tells. */
    private record Labelled() implements PretrainingData {
        @Override
        public int pixelLabels() {
            return 1;
        }

        @Override
        public Batch draw(long step, int size) {
            Batch plain = PretrainingTest.draw(step, size);
            float[] labels = new float[size * 64];
            for (int i = 0; i < size; i++) {
                Arrays.fill(labels, i * 64, (i + 1) * 64, plain.pixels()[i * 192] > 0 ? 1 : 0);
            }
            return new Batch(plain.pixels(), labels, plain.captions());
        }
    }

    @Test
    void labelsAreLearnedBesideTheVelocityWhoseLossAloneIsReported() {
        Pretraining.Options options =
                new Pretraining.Options(400, 16, 8, OPTIONS.optimizer(), 0.95, 10, 0.1, 0.9, 0.1, 1, 0, 1, 7);
        try (Pretraining with = new Pretraining(lanes, Device.cpu(), TINY, WORDS, options, new Labelled());
                Pretraining without = fresh(OPTIONS)) {
            assertThat(with.parameterCount()).isEqualTo(without.parameterCount() + 4 * (24 + 1));
            // All predictions are 0 before the first update, whatever the labels weigh.
            Pretraining.Progress first = with.update();
            Pretraining.Progress plain = without.update();
            assertThat(first.loss()).isCloseTo(plain.loss(), within(1e-6));
            assertThat(first.gradientNorm()).isGreaterThan(1.01 * plain.gradientNorm());
        }
    }

    /** The only label is the last word's: whether the word before it is bright. */
    private record Understood() implements PretrainingData {
        @Override
        public int wordLabels() {
            return 1;
        }

        @Override
        public Batch draw(long step, int size) {
            Batch plain = PretrainingTest.draw(step, size);
            List<Caption> captions = plain.captions().stream()
                    .map(caption -> new Caption(
                            caption.text(), new float[] {0, 0, caption.text().contains("bright") ? 1 : 0}))
                    .toList();
            return new Batch(plain.pixels(), plain.labels(), captions);
        }
    }

    @Test
    void theTextEncoderLearnsTheLabelsOfWords() throws IOException {
        Pretraining.Options options =
                new Pretraining.Options(150, 16, 8, OPTIONS.optimizer(), 0.95, 10, 0.1, 0.9, 0.1, 1, 0, 1, 7);
        try (Pretraining with = new Pretraining(lanes, Device.cpu(), TINY, WORDS, options, new Understood());
                Pretraining without = fresh(OPTIONS)) {
            assertThat(with.parameterCount()).isEqualTo(without.parameterCount() + 8 + 1);
            assertThat(with.update().gradientNorm())
                    .isGreaterThan(1.01 * without.update().gradientNorm());
            while (with.step() < options.steps()) {
                with.update();
            }
            with.export(folder.resolve("model"), Map.of());
            with.checkpoint(folder);
        }
        try (FlowPipeline pipeline = FlowPipeline.open(folder.resolve("model"), Device.cpu());
                SafetensorsFile file = SafetensorsFile.open(folder.resolve(Pretraining.CHECKPOINT));
                Torch.Scope ignored = Torch.noGradient()) {
            NDManager manager = pipeline.manager();
            NDArray states = pipeline.encode(manager, List.of("a bright picture", "a dark picture"))
                    .tokens();
            float[] found = states.matMul(
                            file.read(manager, "ema.labels.linear.weight").transpose())
                    .add(file.read(manager, "ema.labels.linear.bias"))
                    .toFloatArray();
            int length = TINY.maxTokens();
            for (int token = 0; token < 2 * length; token++) {
                assertThat(found[token]).isCloseTo(token == 2 ? 1 : 0, within(0.3f));
            }
        }
    }

    @Test
    void aRunThatWasStoppedGivesTheNumbersOfOneThatWasNot() throws IOException {
        List<Pretraining.Progress> whole = new ArrayList<>();
        List<Pretraining.Progress> resumed = new ArrayList<>();
        try (Pretraining pretraining = fresh(OPTIONS)) {
            for (int i = 0; i < 12; i++) {
                whole.add(pretraining.update());
                if (i == 6) {
                    pretraining.checkpoint(folder);
                }
            }
        }
        try (Pretraining pretraining = fresh(OPTIONS)) {
            pretraining.restore(folder);
            assertThat(pretraining.step()).isEqualTo(7);
            for (int i = 7; i < 12; i++) {
                resumed.add(pretraining.update());
            }
        }
        assertThat(resumed).isEqualTo(whole.subList(7, 12));
    }

    @Test
    void aCheckpointOfOtherOptionsIsRefused() throws IOException {
        try (Pretraining pretraining = fresh(OPTIONS)) {
            pretraining.checkpoint(folder);
        }
        Pretraining.Options other =
                new Pretraining.Options(61, 16, 8, OPTIONS.optimizer(), 0.95, 10, 0.1, 0.9, 0.1, 0, 0, 1, 7);
        try (Pretraining pretraining = fresh(other)) {
            assertThatIOException()
                    .isThrownBy(() -> pretraining.restore(folder))
                    .withMessageContaining("another options")
                    .withMessageContaining("steps=61");
        }
    }

    @Test
    void aRunMayStartFromAModelOfTheSameArchitectureAndVocabulary() throws IOException {
        try (Pretraining pretraining = fresh(OPTIONS)) {
            for (int i = 0; i < 60; i++) {
                pretraining.update();
            }
            pretraining.export(folder.resolve("model"), Map.of());
        }
        double fresh;
        double continued;
        try (Pretraining pretraining = fresh(OPTIONS)) {
            fresh = pretraining.update().loss();
        }
        try (Pretraining pretraining = fresh(OPTIONS)) {
            pretraining.startFrom(folder.resolve("model"));
            continued = pretraining.update().loss();
        }
        assertThat(continued).isLessThan(0.7 * fresh);

        List<String> more = new ArrayList<>(WORDS);
        more.add("grey");
        try (Pretraining pretraining =
                new Pretraining(lanes, Device.cpu(), TINY, more, OPTIONS, PretrainingTest::draw)) {
            assertThatIOException()
                    .isThrownBy(() -> pretraining.startFrom(folder.resolve("model")))
                    .withMessageContaining("another vocabulary");
        }
        var wider = new Pretraining.Architecture(8, 2, 2, 2, 16, 1, 2, 8, 5);
        try (Pretraining pretraining =
                new Pretraining(lanes, Device.cpu(), wider, WORDS, OPTIONS, PretrainingTest::draw)) {
            assertThatIOException()
                    .isThrownBy(() -> pretraining.startFrom(folder.resolve("model")))
                    .withMessageContaining("has shape");
        }
    }
}
