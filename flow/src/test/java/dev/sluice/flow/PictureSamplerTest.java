package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PictureSamplerTest {
    private static final List<PictureSampler.Request> REQUESTS = List.of(
            new PictureSampler.Request("a circle", 7),
            new PictureSampler.Request("two stars", 7),
            new PictureSampler.Request("a circle", 8));

    private static FlowPipeline pipeline;
    private static Lanes lanes;

    @BeforeAll
    static void open() throws IOException {
        pipeline = FlowPipeline.open(Fixtures.path("sd3-pipeline"), Device.cpu());
        Torch.threads(1);
        lanes = new Lanes(2);
    }

    @AfterAll
    static void close() {
        lanes.close();
        pipeline.close();
    }

    private static PictureSampler sampler(double guidance, int chunkSize) {
        return new PictureSampler(
                pipeline, new PictureSettings(2, new OdeSolver.Euler(), guidance, "blurry", 16, 32, chunkSize));
    }

    private static List<float[]> pictures(PictureSampler sampler) {
        List<float[]> pictures = new ArrayList<>();
        sampler.sample(
                lanes,
                REQUESTS,
                (first, chunk) -> {
                    assertThat(first).isEqualTo(pictures.size());
                    for (int i = 0; i < chunk.getShape().get(0); i++) {
                        pictures.add(chunk.get(i).toFloatArray());
                    }
                },
                StepListener.NONE);
        return pictures;
    }

    private static double distance(float[] a, float[] b) {
        double most = 0;
        for (int i = 0; i < a.length; i++) {
            most = Math.max(most, Math.abs(a[i] - b[i]));
        }
        return most;
    }

    @Test
    void aPictureDependsOnItsPromptAndSeedOnly() {
        List<float[]> together = pictures(sampler(4.5, 3));
        List<float[]> apart = pictures(sampler(4.5, 2));
        assertThat(together)
                .hasSize(3)
                .allSatisfy(picture -> assertThat(picture).hasSize(3 * 16 * 32));
        for (int i = 0; i < 3; i++) {
            // The batch decides how the matrix products round.
            assertThat(distance(together.get(i), apart.get(i))).isLessThan(1e-4);
        }
        assertThat(distance(together.get(0), together.get(1))).isGreaterThan(1e-3);
        assertThat(distance(together.get(0), together.get(2))).isGreaterThan(1e-3);
        assertThat(distance(together.get(0), pictures(sampler(1, 3)).get(0))).isGreaterThan(1e-3);
    }

    @Test
    void aPictureIsTheDecodedEndOfTheOde() {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            VelocityModel guided = new ClassifierFreeGuidance(
                    pipeline.velocityModel(), pipeline.encode(manager, List.of("blurry")), 4.5);
            NDArray noise = NoiseSource.of(8).gaussian(manager, pipeline.sizes().latentShape(1, 16, 32));
            NDArray latents = new OdeSampler(pipeline.sizes().schedule(2, 16, 32))
                    .sample(guided, noise, pipeline.encode(manager, List.of("a circle")));
            float[] expected = pipeline.decode(latents).toFloatArray();
            assertThat(pictures(sampler(4.5, 1)).get(2)).containsExactly(expected);
        }
    }

    @Test
    void progressCountsAllStepsAndMemoryStaysFlat() {
        int before = pipeline.manager().getManagedArrays().size();
        List<Integer> heard = new ArrayList<>();
        sampler(1, 2).sample(lanes, REQUESTS, (first, chunk) -> {}, (done, steps) -> {
            assertThat(steps).isEqualTo(4);
            return heard.add(done);
        });
        assertThat(heard).containsExactly(1, 2, 3, 4);
        assertThat(pipeline.manager().getManagedArrays()).hasSize(before);
        assertThatThrownBy(() -> sampler(1, 2).sample(lanes, REQUESTS, (first, chunk) -> {}, (done, steps) -> false))
                .isInstanceOf(CancellationException.class);
        assertThat(pipeline.manager().getManagedArrays()).hasSize(before);
        sampler(1, 2)
                .sample(
                        lanes,
                        List.of(),
                        (first, chunk) -> {
                            throw new AssertionError("no pictures were asked for");
                        },
                        StepListener.NONE);
    }

    @Test
    void theNumberOfLanesChangesNoBitAndAFailureOfTheSinkIsThrownAsItWas() {
        List<float[]> expected = pictures(sampler(4.5, 1));
        for (int count : new int[] {1, 3}) {
            try (Lanes others = new Lanes(count)) {
                sampler(4.5, 1)
                        .sample(
                                others,
                                REQUESTS,
                                (first, chunk) ->
                                        assertThat(chunk.toFloatArray()).containsExactly(expected.get(first)),
                                StepListener.NONE);
            }
        }
        int before = pipeline.manager().getManagedArrays().size();
        IllegalStateException full = new IllegalStateException("disk full");
        assertThatThrownBy(() -> sampler(1, 1)
                        .sample(
                                lanes,
                                REQUESTS,
                                (first, chunk) -> {
                                    throw full;
                                },
                                StepListener.NONE))
                .isSameAs(full);
        assertThat(pipeline.manager().getManagedArrays()).hasSize(before);
    }

    @Test
    void wrongSettingsAreRefusedBeforeAnyWork() {
        OdeSolver euler = new OdeSolver.Euler();
        assertThatThrownBy(() -> new PictureSettings(0, euler, 1, "", 16, 16, 1))
                .hasMessageContaining("steps (0)");
        assertThatThrownBy(() -> new PictureSettings(1, euler, 1, "", 16, 16, 0))
                .hasMessageContaining("chunkSize (0)");
        assertThatThrownBy(() -> new PictureSettings(1, euler, Double.NaN, "", 16, 16, 1))
                .hasMessageContaining("guidance (NaN)");
        PictureSettings odd = new PictureSettings(1, euler, 1, "", 17, 16, 1);
        assertThatThrownBy(() -> new PictureSampler(pipeline, odd)).hasMessageContaining("height (17)");
        assertThat(PictureSettings.of(pipeline, 10, 4.5, 8).height()).isEqualTo(64);
    }
}
