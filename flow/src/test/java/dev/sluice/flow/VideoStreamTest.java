package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Videos of any length by a tiny model of blocks, pretrained for a moment. */
class VideoStreamTest {
    private static final int SIDE = 4;
    private static final List<String> WORDS = List.of("grows", "bright", "dark");
    private static final List<PictureSampler.Request> REQUESTS = List.of(
            new PictureSampler.Request("grows bright", 5),
            new PictureSampler.Request("grows dark", 5),
            new PictureSampler.Request("grows bright", 6));

    @TempDir
    private static Path folder;

    private static Lanes lanes;
    private static FlowPipeline pipeline;

    @BeforeAll
    static void open() throws IOException {
        Torch.threads(1);
        lanes = new Lanes(2);
        pipeline = FlowPipeline.open(pretrained("model", Optional.of(2)), Device.cpu());
    }

    @AfterAll
    static void close() {
        pipeline.close();
        lanes.close();
    }

    private static PretrainingData.Batch draw(long step, int size) {
        float[] pixels = NoiseSource.of(1, step).gaussian(size * 3 * 4 * SIDE * SIDE);
        List<PretrainingData.Caption> captions = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            captions.add(PretrainingData.Caption.of(i % 2 == 0 ? "grows bright" : "grows dark"));
        }
        return new PretrainingData.Batch(pixels, new float[0], captions);
    }

    private static Path pretrained(String name, Optional<Integer> blockFrames) throws IOException {
        Pretraining.Architecture tiny = new Pretraining.Architecture(
                SIDE,
                2,
                2,
                2,
                12,
                1,
                2,
                8,
                4,
                Optional.of(new Pretraining.Video(4, 1, blockFrames, Optional.empty(), Optional.empty())));
        Pretraining.Options options = new Pretraining.Options(
                5, 4, 4, new AdamW.Options(2e-2, 0.9, 0.99, 1e-8, 0, 1), 0, 0, 1, 0, 0, 0, 0, 1, 7);
        try (Pretraining pretraining =
                new Pretraining(lanes, Device.cpu(), tiny, WORDS, options, VideoStreamTest::draw)) {
            for (int i = 0; i < 5; i++) {
                assertThat(pretraining.update().loss()).isFinite();
            }
            pretraining.export(folder.resolve(name), Map.of());
        }
        return folder.resolve(name);
    }

    private static PictureSettings settings(int frames, double guidance, int together) {
        return settings(new OdeSolver.Euler(), frames, guidance, together);
    }

    private static PictureSettings settings(OdeSolver solver, int frames, double guidance, int together) {
        return new PictureSettings(2, solver, guidance, "", SIDE, SIDE, frames, together);
    }

    /** Returns the frames of each request. */
    private static List<List<float[]>> stream(PictureSettings settings, StreamSettings stream) {
        List<List<float[]>> videos = new ArrayList<>();
        REQUESTS.forEach(request -> videos.add(new ArrayList<>()));
        new VideoStream(pipeline, settings, stream)
                .sample(
                        lanes,
                        REQUESTS,
                        (first, frame, frames) -> {
                            for (int i = 0; i < frames.getShape().get(0); i++) {
                                List<float[]> video = videos.get(first + i);
                                assertThat(video).hasSize(frame);
                                for (int f = 0; f < frames.getShape().get(1); f++) {
                                    video.add(frames.get(i, f).toFloatArray());
                                }
                            }
                        },
                        StepListener.NONE);
        return videos;
    }

    private static void assertSame(List<float[]> found, List<float[]> expected, double tolerance) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i)).hasSize(3 * SIDE * SIDE);
            for (int k = 0; k < found.get(i).length; k++) {
                assertThat((double) found.get(i)[k]).isCloseTo(expected.get(i)[k], within(tolerance));
            }
        }
    }

    static List<OdeSolver> solvers() {
        return List.of(new OdeSolver.Euler(), new UniPc());
    }

    /** A solver that looks back begins anew with every chunk. */
    @ParameterizedTest
    @MethodSource("solvers")
    void aSeedGivesTheSameVideoAndALongerOneBeginsAsAShorterOne(OdeSolver solver) {
        StreamSettings window = new StreamSettings(2, 6, 2, 0.9);
        List<List<float[]>> once = stream(settings(solver, 15, 2, 2), window);
        List<List<float[]>> again = stream(settings(solver, 15, 2, 2), window);
        List<List<float[]>> longer = stream(settings(solver, 22, 2, 2), window);
        List<List<float[]>> apart = stream(settings(solver, 15, 2, 1), window);
        for (int i = 0; i < REQUESTS.size(); i++) {
            assertThat(once.get(i)).hasSize(15);
            assertSame(again.get(i), once.get(i), 0);
            assertSame(longer.get(i).subList(0, 15), once.get(i), 0);
            assertSame(apart.get(i), once.get(i), 1e-5);
            assertThat(Arrays.equals(once.get(i).get(13), once.get((i + 1) % 3).get(13)))
                    .isFalse();
        }
    }

    @Test
    void whatLeftTheWindowIsSeenThroughTheSinkAlone() {
        List<List<float[]>> average = stream(settings(10, 1, 3), new StreamSettings(2, 4, 2, 0.5));
        List<List<float[]>> first = stream(settings(10, 1, 3), new StreamSettings(2, 4, 2, 1));
        List<List<float[]>> none = stream(settings(10, 1, 3), new StreamSettings(2, 4, 0, 1));
        // Until the second chunk has left, all see the same.
        assertSame(first.get(0).subList(0, 4), average.get(0).subList(0, 4), 0);
        assertSame(none.get(0).subList(0, 4), average.get(0).subList(0, 4), 0);
        assertThat(Arrays.equals(first.get(0).get(5), average.get(0).get(5))).isFalse();
        assertThat(Arrays.equals(none.get(0).get(5), average.get(0).get(5))).isFalse();
    }

    @Test
    void theMemoryIsFlatOverHundredsOfChunks() {
        int before = pipeline.manager().getManagedArrays().size();
        List<Integer> held = new ArrayList<>();
        int[] frames = {0};
        new VideoStream(pipeline, settings(600, 1, 1), new StreamSettings(2, 6, 2, 0.9))
                .sample(
                        lanes,
                        REQUESTS.subList(0, 1),
                        (first, frame, made) -> {
                            frames[0] += (int) made.getShape().get(1);
                            assertThat(finite(made)).isTrue();
                            held.add(made.getManager()
                                    .getParentManager()
                                    .getManagedArrays()
                                    .size());
                        },
                        StepListener.NONE);
        assertThat(frames[0]).isEqualTo(600);
        assertThat(held.subList(3, held.size())).containsOnly(held.get(3));
        assertThat(pipeline.manager().getManagedArrays()).hasSize(before);
    }

    private static boolean finite(NDArray frames) {
        for (float value : frames.toFloatArray()) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    @Test
    void modelsAndChunksThatDoNotGoTogetherAreRefused() throws IOException {
        assertThat(pipeline.blockFrames()).isEqualTo(2);
        assertThat(StreamSettings.of(pipeline, 2)).isEqualTo(new StreamSettings(2, 4, 2, 0.999));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new VideoStream(pipeline, settings(8, 1, 1), new StreamSettings(1, 4, 1, 0.9)))
                .withMessage("chunk (1) must be 2, the frames that this model makes at a time.");
        for (String other : List.of("wan-pipeline", "sd3-pipeline")) {
            try (FlowPipeline latents = FlowPipeline.open(Fixtures.path(other), Device.cpu())) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> new VideoStream(latents, settings(8, 1, 1), new StreamSettings(1, 4, 1, 0.9)))
                        .withMessageContaining("work on pixels");
            }
        }
        try (FlowPipeline whole = FlowPipeline.open(pretrained("whole", Optional.empty()), Device.cpu())) {
            assertThat(whole.blockFrames()).isZero();
            List<Integer> sizes = new ArrayList<>();
            new VideoStream(whole, settings(7, 1, 1), new StreamSettings(3, 6, 3, 0.9))
                    .sample(
                            lanes,
                            REQUESTS.subList(0, 1),
                            (first, frame, made) ->
                                    sizes.add((int) made.getShape().get(1)),
                            StepListener.NONE);
            assertThat(sizes).containsExactly(3, 3, 1);
        }
    }
}
