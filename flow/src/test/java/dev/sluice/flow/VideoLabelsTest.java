package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.internal.PretrainedModel;
import dev.sluice.flow.internal.PretrainedReplica;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels and the weight of motion in the pretraining of a tiny model of videos. */
class VideoLabelsTest {
    private static final List<String> WORDS = List.of("rises", "falls");
    private static final int LABELS = 2;
    private static final int FRAMES = 4;
    private static final int AREA = 16;
    private static final AdamW.Options ADAM = new AdamW.Options(5e-3, 0.9, 0.99, 1e-8, 0.01, 1);
    private static final String WEIGHTS = "transformer/diffusion_pytorch_model.safetensors";

    @TempDir
    Path folder;

    private final Lanes lanes = lanes();

    private static Lanes lanes() {
        Torch.threads(1);
        return new Lanes(2);
    }

    @AfterEach
    void endLanes() {
        lanes.close();
    }

    private static Pretraining.Architecture tiny(Optional<Integer> blockFrames, boolean cleanOutput) {
        Pretraining.Video video = new Pretraining.Video(
                FRAMES, 2, blockFrames, Optional.empty(), cleanOutput ? Optional.of(true) : Optional.empty());
        return new Pretraining.Architecture(4, 2, 2, 2, 12, 2, 2, 8, 4, Optional.of(video));
    }

    private static Pretraining.Options options(double labelWeight, double motionWeight) {
        return new Pretraining.Options(120, 8, 4, ADAM, 0.95, 10, 0.1, 0.9, 0.1, labelWeight, motionWeight, 0, 1, 7);
    }

    /** Returns videos that brighten from frame to frame, whatever the caption. */
    private static float[] brightening(int size) {
        float[] pixels = new float[size * 3 * FRAMES * AREA];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = 0.5f * (i / AREA % FRAMES) - 0.75f;
        }
        return pixels;
    }

    /** All videos are alike; a frame's first label rises or falls as the caption says, the second is its number. */
    private record Told() implements PretrainingData {
        @Override
        public int pixelLabels() {
            return LABELS;
        }

        @Override
        public int wordLabels() {
            return 1;
        }

        @Override
        public Batch draw(long step, int size) {
            NoiseSource random = NoiseSource.of(1, step);
            float[] pixels = brightening(size);
            float[] labels = new float[size * LABELS * FRAMES * AREA];
            List<Caption> captions = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                boolean rises = random.uniform() < 0.5;
                captions.add(new Caption(rises ? "rises" : "falls", new float[] {rises ? 1 : -1}));
                for (int frame = 0; frame < FRAMES; frame++) {
                    int at = (i * LABELS * FRAMES + frame) * AREA;
                    Arrays.fill(labels, at, at + AREA, (rises ? 1 : -1) * frame / 3f);
                    Arrays.fill(labels, at + FRAMES * AREA, at + (FRAMES + 1) * AREA, frame / 3f);
                }
            }
            return new Batch(pixels, labels, captions);
        }
    }

    private Pretraining fresh(Pretraining.Architecture architecture, Pretraining.Options options) {
        return new Pretraining(lanes, Device.cpu(), architecture, WORDS, options, new Told());
    }

    @Test
    void theLabelsOfEveryFrameAreLearnedFromVideoAndCaptionWhateverTheNoise() throws IOException {
        Pretraining.Architecture architecture = tiny(Optional.empty(), true);
        try (Pretraining pretraining = fresh(architecture, options(1, 0))) {
            while (pretraining.step() < pretraining.options().steps()) {
                pretraining.update();
            }
            pretraining.checkpoint(folder);
        }
        try (NDManager manager = Torch.newManager();
                SafetensorsFile file = SafetensorsFile.open(folder.resolve(Pretraining.CHECKPOINT));
                PretrainedModel model = PretrainedModel.create(manager, architecture, LABELS, 1, WORDS, 7);
                PretrainedReplica replica = model.replica(manager, Set.of());
                Torch.Scope ignored = Torch.noGradient()) {
            for (Map.Entry<String, NDArray> entry : model.arrays().entrySet()) {
                InPlace.assign(entry.getValue(), file.read(manager, "parameter." + entry.getKey()));
            }
            NDArray ids = manager.create(model.tokens(WORDS), new Shape(2, architecture.maxTokens()));
            NDArray noise = NoiseSource.of(3).gaussian(manager, model.latents(2));
            List<Double> errors = new ArrayList<>();
            NDArray clean = manager.create(brightening(2), model.latents(2));
            for (double sigma : new double[] {0.2, 0.4, 0.6}) {
                NDArray latents = Torch.scaled(clean, 1 - sigma).add(Torch.scaled(noise, sigma));
                NDArray found = replica.transformer().velocity(latents, sigma, replica.encode(ids));
                assertThat(found.getShape()).isEqualTo(new Shape(2, 3 + LABELS, FRAMES, 4, 4));
                errors.add(error(found));
            }
            assertThat(errors).allMatch(error -> error < 0.25); // that of zeros is 0.62
        }
    }

    /** Returns the root mean square of what predicted labels are off by, for a caption that rises and one that falls. */
    private static double error(NDArray found) {
        double sum = 0;
        int count = 0;
        for (int caption = 0; caption < 2; caption++) {
            for (int label = 0; label < LABELS; label++) {
                for (int frame = 0; frame < FRAMES; frame++) {
                    double expected = (label == 0 && caption == 1 ? -1 : 1) * frame / 3.0;
                    for (float value : found.get(new NDIndex("{}, {}, {}", caption, 3 + label, frame))
                            .toFloatArray()) {
                        sum += (value - expected) * (value - expected);
                        count++;
                    }
                }
            }
        }
        return Math.sqrt(sum / count);
    }

    /** Returns the reported loss, and the gradients of a model whose last layer is not at zero any more. */
    private Map<String, float[]> gradients(boolean cleanOutput, double labelWeight, double motionWeight) {
        Pretraining.Architecture architecture = tiny(Optional.empty(), cleanOutput);
        Pretraining.Options options = options(labelWeight, motionWeight);
        Map<String, float[]> found = new LinkedHashMap<>();
        try (NDManager manager = Torch.newManager();
                PretrainedModel model = PretrainedModel.create(manager, architecture, LABELS, 1, WORDS, 7)) {
            NDArray last = model.arrays().get("transformer.proj_out.weight");
            InPlace.assign(last, Torch.scaled(NoiseSource.of(5).gaussian(manager, last.getShape()), 0.2));
            try (PretrainingGradient gradient =
                    new PretrainingGradient(manager, lanes, model, model.arrays(), options)) {
                PretrainingBatches batches = new PretrainingBatches(options, architecture.maxTokens(), new Told());
                double loss = gradient.accumulate(batches.draw(model, 0));
                found.put("loss", new float[] {(float) loss});
                gradient.values().forEach((name, array) -> found.put(name, array.toFloatArray()));
            }
        }
        return found;
    }

    @Test
    void whatLabelsAndMotionAddToTheGradientIsLinearInTheirWeightsAndReachesTheFirstLayers() {
        for (boolean cleanOutput : new boolean[] {false, true}) {
            Map<String, float[]> none = gradients(cleanOutput, 0, 0);
            List<List<Map<String, float[]>>> added = List.of(
                    List.of(gradients(cleanOutput, 1, 0), gradients(cleanOutput, 2, 0)),
                    List.of(gradients(cleanOutput, 0, 1), gradients(cleanOutput, 0, 2)));
            for (List<Map<String, float[]>> weights : added) {
                // Of the first block only what is read in the text is added before the first update.
                for (String name : List.of(
                        "transformer.patch_embedding.weight",
                        "transformer.blocks.0.attn2.to_v.weight",
                        "text_encoder.shared.weight")) {
                    double once = 0;
                    double apart = 0;
                    for (int i = 0; i < none.get(name).length; i++) {
                        double one = weights.get(0).get(name)[i] - none.get(name)[i];
                        double two = weights.get(1).get(name)[i] - none.get(name)[i];
                        once += one * one;
                        apart += (two - 2 * one) * (two - 2 * one);
                    }
                    double plain = Math.sqrt(sumOfSquares(none.get(name)));
                    assertThat(Math.sqrt(once)).as(name).isGreaterThan(0.02 * plain);
                    assertThat(Math.sqrt(apart)).as(name).isLessThan(1e-3 * Math.sqrt(once));
                }
                assertThat(weights.get(0).get("loss")).isEqualTo(none.get("loss"));
            }
        }
    }

    private static double sumOfSquares(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return sum;
    }

    @Test
    void theErrorOfMotionIsThatOfFirstAndSecondDifferencesOfFrames() {
        int outer = 6;
        int frames = 5;
        int inner = 4;
        float[] error = NoiseSource.of(9).gaussian(outer * frames * inner);
        double first = 0;
        double second = 0;
        for (int o = 0; o < outer; o++) {
            for (int i = 0; i < inner; i++) {
                for (int f = 1; f < frames; f++) {
                    int at = (o * frames + f) * inner + i;
                    first += Math.pow(error[at] - error[at - inner], 2);
                    if (f > 1) {
                        second += Math.pow(error[at] - 2.0 * error[at - inner] + error[at - 2 * inner], 2);
                    }
                }
            }
        }
        double expected = first / (outer * inner * (frames - 1)) + second / (outer * inner * (frames - 2));
        try (NDManager manager = Torch.newManager()) {
            NDArray array = manager.create(error, new Shape(2, 3, frames, 2, 2));
            assertThat((double) PretrainingGradient.motion(array).getFloat()).isCloseTo(expected, within(1e-5));
            NDArray common = array.get(new NDIndex(":, :, :1")).repeat(2, frames);
            assertThat(PretrainingGradient.motion(common).getFloat()).isZero();
        }
    }

    @Test
    void whatIsExportedHasTheFormOfAModelWithoutLabels() throws IOException {
        Pretraining.Architecture architecture = tiny(Optional.empty(), true);
        for (double weight : new double[] {0, 1}) {
            try (Pretraining pretraining = fresh(architecture, options(weight, weight))) {
                pretraining.update();
                pretraining.export(folder.resolve("model-" + (int) weight), Map.of());
            }
        }
        Path plain = folder.resolve("model-0");
        Path labelled = folder.resolve("model-1");
        assertThat(labelled.resolve("transformer/config.json"))
                .hasSameTextualContentAs(plain.resolve("transformer/config.json"));
        try (SafetensorsFile with = SafetensorsFile.open(labelled.resolve(WEIGHTS));
                SafetensorsFile without = SafetensorsFile.open(plain.resolve(WEIGHTS));
                NDManager manager = Torch.newManager()) {
            assertThat(with.names()).containsExactlyElementsOf(without.names());
            for (String name : with.names()) {
                assertThat(with.read(manager, name).getShape())
                        .as(name)
                        .isEqualTo(without.read(manager, name).getShape());
            }
        }
    }

    @Test
    void aResumedRunWithLabelsAndAWeightOfMotionGivesTheSameNumbers() throws IOException {
        for (Optional<Integer> blockFrames : List.of(Optional.<Integer>empty(), Optional.of(2))) {
            Pretraining.Architecture architecture = tiny(blockFrames, true);
            Path place = folder.resolve("of-" + blockFrames.orElse(0));
            List<Learner.Progress> straight = new ArrayList<>();
            try (Pretraining pretraining = fresh(architecture, options(0.5, 0.3))) {
                for (int i = 0; i < 5; i++) {
                    straight.add(pretraining.update());
                    if (i == 2) {
                        pretraining.checkpoint(place.resolve("step-3"));
                    }
                }
                pretraining.export(place.resolve("a"), Map.of());
            }
            try (Pretraining pretraining = fresh(architecture, options(0.5, 0.3))) {
                pretraining.restore(place.resolve("step-3"));
                assertThat(List.of(pretraining.update(), pretraining.update())).isEqualTo(straight.subList(3, 5));
                pretraining.export(place.resolve("b"), Map.of());
            }
            for (String file : List.of(WEIGHTS, "text_encoder/model.safetensors")) {
                assertThat(Files.readAllBytes(place.resolve("b").resolve(file)))
                        .isEqualTo(Files.readAllBytes(place.resolve("a").resolve(file)));
            }
            try (Pretraining pretraining = fresh(architecture, options(0.5, 0.3))) {
                pretraining.startFrom(place.resolve("a"));
                assertThat(pretraining.update().loss()).isFinite();
            }
        }
    }

    @Test
    void onlyACheckpointOfAWeightOfMotionNamesIt() throws IOException {
        for (double weight : new double[] {0, 0.25}) {
            try (Pretraining pretraining = fresh(tiny(Optional.empty(), false), options(0, weight))) {
                pretraining.checkpoint(folder);
            }
            try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(Pretraining.CHECKPOINT))) {
                assertThat(file.metadata().get("options"))
                        .contains(weight == 0 ? "labelWeight=0.0, logitMean" : "labelWeight=0.0, motionWeight=0.25, ");
            }
        }
    }

    private void refused(PretrainingData.Batch batch, String message) {
        PretrainingData data = new PretrainingData() {
            @Override
            public int pixelLabels() {
                return LABELS;
            }

            @Override
            public int wordLabels() {
                return 2;
            }

            @Override
            public Batch draw(long step, int size) {
                return batch;
            }
        };
        try (Pretraining pretraining =
                new Pretraining(lanes, Device.cpu(), tiny(Optional.empty(), true), WORDS, options(1, 0), data)) {
            assertThatIllegalArgumentException().isThrownBy(pretraining::update).withMessageContaining(message);
        }
    }

    @Test
    void whatHasTheWrongShapeIsNamed() {
        float[] pixels = new float[8 * 3 * FRAMES * AREA];
        float[] labels = new float[8 * LABELS * FRAMES * AREA];
        PretrainingData.Caption caption = new PretrainingData.Caption("rises", new float[] {1, 0, 1});
        List<PretrainingData.Caption> captions = Collections.nCopies(8, caption);
        refused(
                new PretrainingData.Batch(pixels, new float[8 * LABELS * FRAMES], captions),
                "labels (64 numbers) must be 1024, shape (8, 2, 4, 4, 4).");
        refused(
                new PretrainingData.Batch(new float[5], labels, captions),
                "pixels (5 numbers) must be 1536, shape (8, 3, 4, 4, 4).");
        refused(
                new PretrainingData.Batch(pixels, labels, captions),
                "labels (3 numbers) of the caption \"rises\" must be 2 for each word.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Pretraining(
                        lanes,
                        Device.cpu(),
                        new Pretraining.Architecture(4, 2, 2, 2, 12, 2, 2, 8, 4),
                        WORDS,
                        options(0, 0.5),
                        new Told()))
                .withMessageContaining("motionWeight (0.5) must be 0 for pictures");
    }
}
