package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Fixtures;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Autoencoders in slices, tiles and pieces against the whole. */
class AutoencoderPiecesTest {
    private NDManager manager;

    @BeforeEach
    void open() {
        manager = Torch.newManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private AutoencoderKl pictures() throws IOException {
        Path folder = Fixtures.path("vae/vae");
        return Components.vae(folder, manager);
    }

    private AutoencoderKlWan videos() throws IOException {
        Path folder = Fixtures.path("vae/wan_vae");
        WanVaeConfig config = WanVaeConfig.of(Components.config(folder));
        try (WeightFiles files = WeightFiles.open(folder)) {
            assertThat(files.names()).isEqualTo(config.layout().shapes().keySet());
        }
        return Components.wanVae(folder, manager);
    }

    private NDArray noise(long... shape) {
        return NoiseSource.of(8).gaussian(manager, new Shape(shape));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void slicesOfABatchAreTheBatch(int atATime) throws IOException {
        AutoencoderKl vae = pictures();
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray latents = noise(5, 16, 3, 4);
            NDArray whole = vae.decode(latents);
            NDArray sliced = AutoencoderKl.sliced(latents, atATime, vae::decode);
            assertThat(Fixtures.relativeError(sliced, whole)).isLessThan(5e-6);
            assertThat(sliced.getManager()).isSameAs(manager);
        }
    }

    @Test
    void aTileThatCoversThePictureIsThePicture() throws IOException {
        AutoencoderKl vae = pictures();
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray latents = noise(2, 16, 6, 7);
            NDArray tiled = new Tiling(8, 64, 0.25).apply(latents, vae::decode);
            // The stride of 6 begins a second column of tiles, whose whole width lies in the overlap.
            NDArray same = new Tiling(8, 64, 0).apply(latents, vae::decode);
            assertThat(same.toFloatArray()).isEqualTo(vae.decode(latents).toFloatArray());
            assertThat(tiled.getShape()).isEqualTo(same.getShape());
        }
    }

    /** A network that only enlarges sees of a tile all that it sees of the whole, so tiles must join without a trace. */
    @ParameterizedTest
    @CsvSource({"8, 0.25, 17, 30", "4, 0.5, 9, 9", "8, 0, 16, 24", "16, 0.25, 5, 40"})
    void tilesOfALocalNetworkJoinToTheWhole(int tile, double overlap, int rows, int columns) {
        NDArray whole = noise(2, 3, rows, columns);
        NDArray expected = whole.repeat(2, 2).repeat(3, 2);
        NDArray found = new Tiling(tile, 2 * tile, overlap)
                .apply(whole, part -> part.repeat(2, 2).repeat(3, 2));
        assertThat(found.getShape()).isEqualTo(expected.getShape());
        assertThat(Fixtures.relativeError(found, expected)).isLessThan(1e-6);
    }

    /** Two tiles of different constants meet in a straight ramp, as diffusers' blend_h has it. */
    @Test
    void tilesFadeIntoEachOtherAlongARamp() {
        NDArray whole = manager.zeros(new Shape(1, 1, 4, 7));
        int[] tiles = {0};
        NDArray found = new Tiling(4, 4, 0.25).apply(whole, part -> part.add(tiles[0]++));
        // Columns of tiles at 0, 3 and 6 with 4, 4 and 1 columns, an overlap of 1 and kept widths of 3, 3 and 1; a ramp
        // of
        // one column begins with all of the tile before it. The second row of tiles begins at row 3.
        assertThat(found.get("0,0,0").toFloatArray()).containsExactly(0, 0, 0, 0, 1, 1, 1);
        assertThat(found.get("0,0,3").toFloatArray()).containsExactly(0, 0, 0, 0, 1, 1, 1);
        NDArray wide = manager.zeros(new Shape(1, 1, 8, 14));
        tiles[0] = 0;
        NDArray ramps = new Tiling(8, 8, 0.5).apply(wide, part -> part.add(tiles[0]++));
        assertThat(ramps.get("0,0,0,:12").toFloatArray())
                .containsExactly(0, 0, 0, 0, 0, 0.25f, 0.5f, 0.75f, 1, 1.25f, 1.5f, 1.75f);
    }

    /** Group norms and attention see a tile, not the picture, so equality is not to be had; the picture is. */
    @Test
    void aTiledPictureIsNearTheWhole() throws IOException {
        AutoencoderKl vae = pictures();
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray latents = noise(1, 16, 32, 40);
            NDArray whole = vae.decode(latents);
            NDArray tiled = new Tiling(24, 192, 0.25).apply(latents, vae::decode);
            double difference = tiled.sub(whole).square().mean().getFloat();
            double spread = whole.sub(whole.mean()).square().mean().getFloat();
            NDArray unrelated = vae.decode(NoiseSource.of(9).gaussian(manager, latents.getShape()));
            double other = unrelated.sub(whole).square().mean().getFloat();
            assertThat(difference / spread)
                    .as("of another picture %s", other / spread)
                    .isLessThan(0.06);
            assertThat(difference).isLessThan(other / 10);
        }
    }

    @Test
    void tilesOfUnequalStepsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Tiling(6, 48, 0.25))
                .withMessageContaining("must be whole numbers of latents apart");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "3, 1", "3, 2", "2, 5"})
    void piecesOfAVideoAreTheVideo(int batch, int latentFrames) throws IOException {
        AutoencoderKlWan vae = videos();
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray latents = noise(batch, 16, 5, 3, 2);
            NDArray whole = vae.decode(latents, 5);
            assertThat(whole.getShape()).isEqualTo(new Shape(batch, 3, 17, 24, 16));
            assertThat(Fixtures.relativeError(vae.decode(latents, latentFrames), whole))
                    .isLessThan(1e-5);
            NDArray video = noise(batch, 3, 17, 16, 24);
            AutoencoderKl.Posterior expected = vae.encode(video, 5);
            AutoencoderKl.Posterior found = vae.encode(video, latentFrames);
            assertThat(expected.mean().getShape()).isEqualTo(new Shape(batch, 16, 5, 2, 3));
            assertThat(Fixtures.relativeError(found.mean(), expected.mean())).isLessThan(1e-5);
            assertThat(Fixtures.relativeError(found.logVariance(), expected.logVariance()))
                    .isLessThan(1e-5);
            NDArray first = vae.decode(latents.get("0:1"), 1);
            assertThat(Fixtures.relativeError(first, whole.get("0:1"))).isLessThan(1e-5);
        }
    }

    @Test
    void aFrameDoesNotDependOnLaterOnes() throws IOException {
        AutoencoderKlWan vae = videos();
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray latents = noise(1, 16, 4, 2, 2);
            NDArray whole = vae.decode(latents, 4);
            for (int frames = 1; frames < 4; frames++) {
                NDArray part = vae.decode(latents.get(new NDIndex(":,:,:{}", frames)), 4);
                NDArray same = whole.get(new NDIndex(":,:,:{}", 1 + 4 * (frames - 1)));
                assertThat(Fixtures.relativeError(part, same)).isLessThan(1e-5);
            }
        }
    }

    @Test
    void theGradientThroughPiecesIsThatOfTheWhole() throws IOException {
        AutoencoderKlWan vae = videos();
        try (Torch.Scope recording = Torch.withGradient()) {
            NDArray[] gradients = new NDArray[2];
            for (int i = 0; i < 2; i++) {
                NDArray latents = noise(1, 16, 3, 2, 2);
                latents.setRequiresGradient(true);
                NDArray video = vae.pixels(latents);
                NDArray pieces = i == 0 ? video : vae.decode(vae.unscaled(latents), 1);
                Torch.backward(pieces, noise(1, 3, 9, 16, 16));
                gradients[i] = latents.getGradient();
            }
            assertThat(Fixtures.relativeError(gradients[1], gradients[0])).isLessThan(2e-5);
            assertThat(gradients[0].abs().max().getFloat()).isGreaterThan(1e-3f);
        }
    }

    @Test
    void aVideoInPiecesEqualsDiffusers() throws IOException {
        AutoencoderKlWan vae = videos();
        try (Torch.Scope off = Torch.noGradient();
                SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("vae/golden.safetensors"))) {
            NDArray decoded = vae.pixels(golden.read(manager, "wan.latents"));
            assertThat(Fixtures.relativeError(decoded, golden.read(manager, "wan.decoded")))
                    .isLessThan(2e-5);
            AutoencoderKl.Posterior posterior = vae.encode(golden.read(manager, "wan.video"), 2);
            assertThat(Fixtures.relativeError(
                            vae.scaled(posterior.mean()), golden.read(manager, "wan.normalized_mean")))
                    .isLessThan(1e-5);
        }
    }

    @Test
    void aNumberOfFramesThatDoesNotFitIsRefused() throws IOException {
        AutoencoderKlWan vae = videos();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> vae.encode(noise(1, 3, 16, 16, 16), 1))
                .withMessage("video has 16 frames; expected 1 more than a multiple of 4.");
    }

    @Test
    void onlyTheResultsOutliveTheCall() throws IOException {
        AutoencoderKlWan vae = videos();
        try (NDManager owner = manager.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray latents = NoiseSource.of(8).gaussian(owner, new Shape(1, 16, 3, 2, 2));
            int before = manager.getManagedArrays().size();
            vae.pixels(latents);
            vae.decode(latents, 1);
            assertThat(owner.getManagedArrays()).hasSize(3);
            assertThat(manager.getManagedArrays())
                    .as("those of its children included")
                    .hasSize(before + 2);
        }
    }
}
