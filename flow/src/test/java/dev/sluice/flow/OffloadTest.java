package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model whose frozen parts are elsewhere than its transformer says what it says with all of it in one place. */
class OffloadTest {
    @TempDir
    private Path folder;

    private Path model(String name) throws IOException {
        return name.equals("wan-i2v")
                ? WanVariantsTest.fromPicture(
                        folder.resolve("i2v"), Fixtures.path("wan-pipeline").getParent())
                : Fixtures.path(name);
    }

    private static Device gpu() {
        try {
            return Torch.device("gpu");
        } catch (IllegalArgumentException e) {
            return Assumptions.abort("There is no GPU to offload from: " + e.getMessage());
        }
    }

    /** Returns texts, a picture there and back, the picture that a video starts from, and whole pictures. */
    private static List<NDArray> said(NDManager owner, FlowPipeline pipeline, Lanes lanes) {
        List<NDArray> said = new ArrayList<>(
                pipeline.encode(owner, List.of("a cat", "")).arrays().subList(0, 1));
        int frames = pipeline.video() ? 5 : 1;
        NDArray latents = NoiseSource.of(1).gaussian(owner, pipeline.sizes().latentShape(1, frames, 32, 32));
        NDArray pictures = pipeline.decode(latents);
        said.add(pictures);
        if (!pipeline.video()) {
            said.add(pipeline.latents(pictures));
        }
        Optional<StartPicture> start = Optional.empty();
        if (pipeline.startPictures().needed()) {
            byte[] rgb = new byte[3 * 40 * 50];
            for (int i = 0; i < rgb.length; i++) {
                rgb[i] = (byte) (i / 7);
            }
            start = Optional.of(new StartPicture(40, 50, rgb));
            said.addAll(pipeline.startPictures().encode(owner, start.get(), frames, 32, 32));
        }
        assertThat(said).allSatisfy(array -> {
            assertThat(array.getManager()).isSameAs(owner);
            assertThat(array.getDevice()).isEqualTo(owner.getDevice());
        });
        PictureSettings settings = new PictureSettings(2, pipeline.solver(), 2, "blurry", 32, 32, frames, 1);
        if (!pipeline.takesNegativePrompt()) {
            settings = new PictureSettings(2, pipeline.solver(), 2, "", 32, 32, frames, 1);
        }
        new PictureSampler(pipeline, settings)
                .sample(
                        lanes,
                        List.of(new PictureSampler.Request("a cat", 3, start)),
                        (first, made) -> said.add(owner.create(made.toFloatArray(), made.getShape())),
                        StepListener.NONE);
        return said;
    }

    private void assertSame(String name, Device device, double tolerance) throws IOException {
        Path model = model(name);
        try (FlowPipeline together = FlowPipeline.open(model, device);
                FlowPipeline apart = FlowPipeline.open(model, device, MemoryPolicy.PLAIN.withOffload(true));
                NDManager owner = Torch.newManager(device);
                Lanes lanes = Lanes.open(1, 1, 1, device)) {
            List<NDArray> expected = said(owner, together, lanes);
            List<NDArray> found = said(owner, apart, lanes);
            assertThat(found).hasSameSizeAs(expected).hasSizeGreaterThan(2);
            for (int i = 0; i < found.size(); i++) {
                assertThat(Fixtures.relativeError(found.get(i), expected.get(i)))
                        .as("%s: %s", name, i)
                        .isLessThanOrEqualTo(tolerance);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sd3-pipeline", "flux-pipeline", "wan-pipeline", "wan-i2v"})
    void onTheCpuNothingChanges(String name) throws IOException {
        assertSame(name, Device.cpu(), 0);
    }

    /** The devices' arithmetic differs; Wan's autoencoder divides by lengths of vectors, some of which are short. */
    @Tag("gpu")
    @ParameterizedTest
    @ValueSource(strings = {"sd3-pipeline", "flux-pipeline", "wan-pipeline", "wan-i2v"})
    void besideAGpuThePartsOnTheCpuSayTheSame(String name) throws IOException {
        assertSame(name, gpu(), 1e-2);
    }
}
