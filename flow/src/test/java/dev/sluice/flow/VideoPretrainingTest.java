package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pretraining of a tiny model with Wan's networks. */
class VideoPretrainingTest {
    private static final List<String> WORDS = List.of("grows", "bright", "dark");
    private static final Pretraining.Architecture TINY =
            new Pretraining.Architecture(4, 2, 2, 2, 12, 2, 2, 8, 4, Optional.of(new Pretraining.Video(4, 2)));
    private static final Pretraining.Options OPTIONS = new Pretraining.Options(
            120, 8, 4, new AdamW.Options(5e-3, 0.9, 0.99, 1e-8, 0.01, 1), 0.95, 10, 0.1, 0.9, 0.1, 0, 0, 1, 7);

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

    /** Videos that start grey and end bright or dark, as the caption says. */
    private static PretrainingData.Batch draw(long step, int size) {
        NoiseSource random = NoiseSource.of(1, step);
        int area = 16;
        float[] pixels = new float[size * 3 * 4 * area];
        List<PretrainingData.Caption> captions = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            boolean bright = random.uniform() < 0.5;
            captions.add(PretrainingData.Caption.of(bright ? "grows bright" : "grows dark"));
            for (int frame = 0; frame < 3 * 4; frame++) {
                float value = frame % 4 * (bright ? 0.3f : -0.3f);
                Arrays.fill(pixels, (i * 12 + frame) * area, (i * 12 + frame + 1) * area, value);
            }
        }
        return new PretrainingData.Batch(pixels, new float[0], captions);
    }

    private Pretraining fresh() {
        return new Pretraining(lanes, Device.cpu(), TINY, WORDS, OPTIONS, VideoPretrainingTest::draw);
    }

    @Test
    void theModelLearnsToShowWhatTheCaptionSaysAndOpensAsWanInPixelSpace() throws IOException {
        try (Pretraining pretraining = fresh()) {
            while (pretraining.step() < OPTIONS.steps()) {
                pretraining.update();
            }
            pretraining.export(folder.resolve("model"), Map.of("seed", 7));
        }
        try (FlowPipeline pipeline = FlowPipeline.open(folder.resolve("model"), Device.cpu());
                Torch.Scope ignored = Torch.noGradient()) {
            assertThat(pipeline.video()).isTrue();
            assertThat(pipeline.sizes().defaultHeight()).isEqualTo(4);
            assertThat(pipeline.sizes().defaultWidth()).isEqualTo(4);
            assertThat(pipeline.sizes().defaultFrames()).isEqualTo(4);
            assertThat(pipeline.usualTokens()).isEqualTo(4);
            Shape shape = pipeline.sizes().latentShape(2, 4, 4);
            assertThat(shape).isEqualTo(new Shape(2, 3, 4, 4, 4));
            Conditioning conditioning = pipeline.encode(pipeline.manager(), List.of("grows bright", "grows dark"));
            assertThat(conditioning.pooled().getShape()).isEqualTo(new Shape(2, 0));
            NDArray videos = pipeline.decode(new OdeSampler(pipeline.sizes().schedule(12))
                    .sample(
                            pipeline.velocityModel(),
                            NoiseSource.of(3).gaussian(pipeline.manager(), shape),
                            conditioning));
            assertThat(videos.getShape()).isEqualTo(new Shape(2, 4, 3, 4, 4));
            double bright = videos.get("0, 3").mean().getFloat();
            double dark = videos.get("1, 3").mean().getFloat();
            assertThat(bright - dark).as("%s and %s", bright, dark).isGreaterThan(0.3);
        }
        ModelInspection inspection = ModelInspection.of(folder.resolve("model"));
        assertThat(inspection.components())
                .allSatisfy(component -> assertThat(component.fault()).isEmpty());
    }

    /** One token of 192 numbers in a network of width 24. */
    private double noiseLeft(Optional<Boolean> cleanOutput) throws IOException {
        Pretraining.Video video = new Pretraining.Video(4, 4, Optional.empty(), Optional.empty(), cleanOutput);
        Pretraining.Architecture architecture =
                new Pretraining.Architecture(4, 4, 2, 2, 12, 2, 2, 8, 4, Optional.of(video));
        assertThat(architecture.noiseKept()).isEqualTo(video.predictsVideo() ? 0 : 168 / 192.0);
        Path made = folder.resolve("wide-" + video.predictsVideo());
        try (Pretraining pretraining =
                new Pretraining(lanes, Device.cpu(), architecture, WORDS, OPTIONS, VideoPretrainingTest::draw)) {
            while (pretraining.step() < OPTIONS.steps() / 2) {
                pretraining.update();
            }
            pretraining.export(made, Map.of());
        }
        try (FlowPipeline pipeline = FlowPipeline.open(made, Device.cpu());
                Torch.Scope ignored = Torch.noGradient()) {
            Conditioning conditioning = pipeline.encode(pipeline.manager(), List.of("grows bright", "grows dark"));
            NDArray noise = NoiseSource.of(3)
                    .gaussian(pipeline.manager(), pipeline.sizes().latentShape(2, 4, 4));
            NDArray videos =
                    new OdeSampler(pipeline.sizes().schedule(12)).sample(pipeline.velocityModel(), noise, conditioning);
            NDArray last = videos.get(":, :, 3").reshape(2, -1);
            NDArray rest = last.sub(last.mean(new int[] {1}, true));
            return Math.sqrt(rest.mul(rest).mean().getFloat());
        }
    }

    @Test
    void aTokenWithMoreNumbersThanTheNetworkIsWideNeedsAPredictionOfTheVideo() throws IOException {
        // 168 of 192 directions of the noise cannot leave the network: √(168/192) = 0.94 stays.
        assertThat(TINY.noiseKept()).isZero();
        assertThat(noiseLeft(Optional.empty())).isGreaterThan(0.8);
        assertThat(noiseLeft(Optional.of(true))).isLessThan(0.15);
    }

    /** Videos of one shade each, which nothing but the first frame tells. */
    private static PretrainingData.Batch shades(long step, int size) {
        NoiseSource random = NoiseSource.of(2, step);
        float[] pixels = new float[size * 3 * 4 * 16];
        List<PretrainingData.Caption> captions = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            Arrays.fill(pixels, i * 192, (i + 1) * 192, random.uniform() < 0.5 ? 0.8f : -0.8f);
            captions.add(PretrainingData.Caption.of("grows"));
        }
        return new PretrainingData.Batch(pixels, new float[0], captions);
    }

    @Test
    void aModelFromAPictureLearnsToGoOnFromIt() throws IOException {
        Pretraining.Video video = new Pretraining.Video(4, 2, Optional.empty(), Optional.of(true), Optional.empty());
        Pretraining.Architecture fromPicture =
                new Pretraining.Architecture(4, 2, 2, 2, 12, 2, 2, 8, 4, Optional.of(video));
        try (Pretraining pretraining =
                new Pretraining(lanes, Device.cpu(), fromPicture, WORDS, OPTIONS, VideoPretrainingTest::shades)) {
            while (pretraining.step() < OPTIONS.steps()) {
                pretraining.update();
            }
            pretraining.export(folder.resolve("model"), Map.of());
        }
        byte[] white = new byte[3 * 4 * 4];
        Arrays.fill(white, (byte) 230);
        List<PictureSampler.Request> requests = List.of(
                new PictureSampler.Request("grows", 1, Optional.of(new StartPicture(4, 4, white))),
                new PictureSampler.Request("grows", 1, Optional.of(new StartPicture(4, 4, new byte[3 * 4 * 4]))));
        try (FlowPipeline pipeline = FlowPipeline.open(folder.resolve("model"), Device.cpu())) {
            assertThat(pipeline.startPictures().needed()).isTrue();
            assertThat(pipeline.blockFrames()).isZero();
            PictureSettings settings = PictureSettings.of(pipeline, 12, 1.5, 2);
            new PictureSampler(pipeline, settings)
                    .sample(
                            lanes,
                            requests,
                            (first, videos) -> {
                                double bright = videos.get("0, 3").mean().getFloat();
                                double dark = videos.get("1, 3").mean().getFloat();
                                assertThat(bright - dark)
                                        .as("%s and %s", bright, dark)
                                        .isGreaterThan(0.5);
                            },
                            StepListener.NONE);
        }
    }

    @Test
    void aResumedPretrainingGivesTheSameNumbers() throws IOException {
        List<Learner.Progress> straight = new ArrayList<>();
        try (Pretraining pretraining = fresh()) {
            for (int i = 0; i < 4; i++) {
                straight.add(pretraining.update());
                if (i == 1) {
                    pretraining.checkpoint(folder.resolve("step-2"));
                }
            }
            pretraining.export(folder.resolve("a"), Map.of());
        }
        try (Pretraining pretraining = fresh()) {
            pretraining.restore(folder.resolve("step-2"));
            assertThat(List.of(pretraining.update(), pretraining.update())).isEqualTo(straight.subList(2, 4));
            pretraining.export(folder.resolve("b"), Map.of());
        }
        for (String file :
                List.of("transformer/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors")) {
            assertThat(Files.readAllBytes(folder.resolve("b").resolve(file)))
                    .isEqualTo(Files.readAllBytes(folder.resolve("a").resolve(file)));
        }
        try (Pretraining pretraining = fresh()) {
            pretraining.startFrom(folder.resolve("a"));
            assertThat(pretraining.update().loss()).isFinite();
        }
    }
}
