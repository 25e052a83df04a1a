package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainingTest {
    private static final List<String> WORDS = List.of("a", "bright", "dark", "picture");
    private static final Pretraining.Architecture TINY = new Pretraining.Architecture(8, 2, 2, 2, 12, 1, 2, 8, 5);
    private static final Pretraining.Options OPTIONS = new Pretraining.Options(
            60, 16, new AdamW.Options(3e-3, 0.9, 0.99, 1e-8, 0.01, 1), 0.95, 10, 0.1, 0.9, 0.1, 0, 1, 7);

    @TempDir
    Path folder;

    /** Flat pictures, bright or dark as the caption says. */
    private static PretrainingData.Batch draw(long step, int size) {
        NoiseSource random = NoiseSource.of(1, step);
        float[] pixels = new float[size * 3 * 64];
        List<String> captions = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            boolean bright = random.uniform() < 0.5;
            captions.add(bright ? "a bright picture" : "a dark picture");
            java.util.Arrays.fill(pixels, i * 192, (i + 1) * 192, bright ? 0.8f : -0.8f);
        }
        return new PretrainingData.Batch(pixels, captions);
    }

    private static Pretraining fresh(Pretraining.Options options) {
        return new Pretraining(Device.cpu(), TINY, WORDS, options, PretrainingTest::draw);
    }

    @Test
    void theModelLearnsToPaintWhatTheCaptionSays() throws IOException {
        double first;
        double last = 0;
        Pretraining.Options longer =
                new Pretraining.Options(400, 16, OPTIONS.optimizer(), 0.95, 10, 0.1, 0.9, 0.1, 0, 1, 7);
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
            NDArray noise = NoiseSource.of(3).gaussian(pipeline.manager(), pipeline.latentShape(2, 8, 8));
            Conditioning conditioning =
                    pipeline.encode(pipeline.manager(), List.of("a bright picture", "a dark picture"));
            NDArray pictures = pipeline.decode(
                    new OdeSampler(pipeline.schedule(12)).sample(pipeline.velocityModel(), noise, conditioning));
            assertThat(pictures.get(0).mean().getFloat()).isCloseTo(0.9f, within(0.1f));
            assertThat(pictures.get(1).mean().getFloat()).isCloseTo(0.1f, within(0.1f));
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
                new Pretraining.Options(61, 16, OPTIONS.optimizer(), 0.95, 10, 0.1, 0.9, 0.1, 0, 1, 7);
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
        try (Pretraining pretraining = new Pretraining(Device.cpu(), TINY, more, OPTIONS, PretrainingTest::draw)) {
            assertThatIOException()
                    .isThrownBy(() -> pretraining.startFrom(folder.resolve("model")))
                    .withMessageContaining("another vocabulary");
        }
        var wider = new Pretraining.Architecture(8, 2, 2, 2, 16, 1, 2, 8, 5);
        try (Pretraining pretraining = new Pretraining(Device.cpu(), wider, WORDS, OPTIONS, PretrainingTest::draw)) {
            assertThatIOException()
                    .isThrownBy(() -> pretraining.startFrom(folder.resolve("model")))
                    .withMessageContaining("has shape");
        }
    }
}
