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
import java.util.List;
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

    /** One whose limits are so small that a tiny picture is large to it. */
    private AutoencoderKl pictures(long pixels, int tile) throws IOException {
        AutoencoderKl usual = pictures();
        return new AutoencoderKl(usual.config(), usual.weights(), new AutoencoderKl.Limits(pixels, tile));
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

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void slicesOfPicturesBecomeTheLatentsOfTheBatchAndBack(int atATime) throws IOException {
        AutoencoderKl usual = pictures();
        AutoencoderKl sparing = pictures(atATime * 24L * 32, 512);
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray images = noise(5, 3, 24, 32);
            NDArray latents = sparing.latents(images);
            assertThat(latents.getShape()).isEqualTo(new Shape(5, 16, 3, 4));
            assertThat(Fixtures.relativeError(latents, usual.latents(images))).isLessThan(5e-6);
            assertThat(Fixtures.relativeError(sparing.pixels(latents), usual.pixels(latents)))
                    .isLessThan(5e-6);
        }
    }

    /** Diffusers' {@code enable_slicing} and {@code enable_tiling} with tiles of 32·32 pixels; see the fixture's README. */
    @Test
    void picturesInSlicesAndTilesEqualDiffusers() throws IOException {
        AutoencoderKl vae = pictures(1, 32);
        try (Torch.Scope off = Torch.noGradient();
                SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("vae-tiles/golden.safetensors"))) {
            NDArray encoded = vae.latents(golden.read(manager, "image"));
            Fixtures.assertEqual(golden, encoded, "encoded", 1e-5);
            NDArray decoded = vae.pixels(golden.read(manager, "latents"));
            Fixtures.assertEqual(golden, decoded, "decoded", 1e-5);
        }
    }

    /** The tiles of this network, as small as these, are far from the whole, so that it shows which way a picture went. */
    @ParameterizedTest
    @CsvSource({"64, 64, false", "8, 64, false", "64, 72, true", "72, 8, true", "72, 72, true"})
    void onlyPicturesWithASideBeyondTwoTilesAreCut(int rows, int columns, boolean cut) throws IOException {
        AutoencoderKl vae = pictures(1 << 20, 32);
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray images = noise(1, 3, rows, columns);
            NDArray wholeLatents = vae.scaled(vae.encode(images).mean());
            double encoding = Fixtures.relativeError(vae.latents(images), wholeLatents);
            NDArray latents = noise(1, 16, rows / 8, columns / 8);
            double decoding = Fixtures.relativeError(vae.pixels(latents), vae.decode(vae.unscaled(latents)));
            if (cut) {
                assertThat(encoding).isBetween(1e-3, 10.0);
                assertThat(decoding).isBetween(1e-3, 10.0);
            } else {
                assertThat(encoding).isLessThan(1e-6);
                assertThat(decoding).isLessThan(1e-6);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"32, 512", "512, 512", "1000, 1024", "1024, 1024"})
    void tilesAreNoSmallerThanThePicturesOfTheNetwork(int sampleSize, int tile) {
        VaeConfig config = new VaeConfig(3, 3, 16, List.of(8, 8, 8, 8), 1, 4, true, false, false, 1.5, 0.1, sampleSize);
        AutoencoderKl.Limits limits = AutoencoderKl.Limits.of(config);
        assertThat(limits.tile()).isEqualTo(tile);
        assertThat(limits.tiled(2L * tile, 2L * tile)).isFalse();
        assertThat(limits.tiled(8, 2L * tile + 8)).isTrue();
        assertThat(limits.atATime(256, 512)).isEqualTo(8);
        assertThat(limits.atATime(4096, 4096)).isEqualTo(1);
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

    /** The same of one that makes a latent of four pixels and sees nothing beyond them. */
    @ParameterizedTest
    @CsvSource({"8, 0.25, 18, 30", "4, 0.5, 10, 8", "8, 0, 16, 24", "16, 0.25, 6, 40"})
    void tilesOfALocalEncoderJoinToTheWhole(int tile, double overlap, int rows, int columns) {
        NDArray whole = noise(2, 3, rows, columns);
        NDArray expected = halved(whole);
        NDArray found = new Tiling(tile, tile / 2, overlap).apply(whole, AutoencoderPiecesTest::halved);
        assertThat(found.getShape()).isEqualTo(new Shape(2, 3, rows / 2, columns / 2));
        assertThat(Fixtures.relativeError(found, expected)).isLessThan(1e-6);
    }

    private static NDArray halved(NDArray part) {
        Shape s = part.getShape();
        return part.reshape(s.get(0), s.get(1), s.get(2) / 2, 2, s.get(3) / 2, 2)
                .mean(new int[] {5})
                .mean(new int[] {3});
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

    /** As above; a picture of smooth shapes, for what an encoder says of noise hangs on every pixel. */
    @Test
    void theLatentsOfATiledPictureAreNearThoseOfTheWhole() throws IOException {
        AutoencoderKl vae = pictures(1 << 20, 128);
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray whole = vae.scaled(vae.encode(waves(1)).mean());
            NDArray tiled = vae.latents(waves(1));
            NDArray unrelated = vae.scaled(vae.encode(waves(2)).mean());
            double difference = tiled.sub(whole).square().mean().getFloat();
            double other = unrelated.sub(whole).square().mean().getFloat();
            double spread = whole.sub(whole.mean()).square().mean().getFloat();
            assertThat(difference / spread)
                    .as("of another picture %s", other / spread)
                    .isBetween(1e-9, 0.1);
            assertThat(difference).isLessThan(other / 10);
        }
    }

    private NDArray waves(int which) {
        int rows = 256;
        int columns = 320;
        float[] values = new float[3 * rows * columns];
        for (int i = 0; i < values.length; i++) {
            int x = i % columns;
            int y = i / columns % rows;
            int channel = i / (rows * columns);
            values[i] = (float) Math.sin(which * 0.9 + which * x / 23.0 + y / 31.0 + channel);
        }
        return manager.create(values, new Shape(1, 3, rows, columns));
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

    /** A megapixel is the usual piece; these are one latent frame, and two. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2 * 4 * 24 * 16})
    void aVideoInPiecesOfSoManyPixelsIsTheVideo(long pixels) throws IOException {
        AutoencoderKlWan usual = videos();
        AutoencoderKlWan sparing = new AutoencoderKlWan(usual.config(), usual.weights(), pixels);
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray latents = noise(1, 16, 5, 3, 2);
            assertThat(Fixtures.relativeError(sparing.pixels(latents), usual.pixels(latents)))
                    .isLessThan(1e-5);
            assertThat(sparing.decodingBytes(latents.getShape())).isLessThan(usual.decodingBytes(latents.getShape()));
        }
    }

    @Test
    void whatIsScaledIsUnscaledAgain() throws IOException {
        NDArray video = noise(2, 16, 2, 3, 2);
        NDArray picture = noise(2, 16, 3, 2);
        assertThat(Fixtures.relativeError(videos().unscaled(videos().scaled(video)), video))
                .isLessThan(1e-6);
        assertThat(Fixtures.relativeError(pictures().unscaled(pictures().scaled(picture)), picture))
                .isLessThan(1e-6);
    }

    @Test
    void aLatentFrameDoesNotDependOnLaterFrames() throws IOException {
        AutoencoderKlWan vae = videos();
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray video = noise(1, 3, 13, 16, 24);
            NDArray whole = vae.latents(video);
            for (int latents = 1; latents < 4; latents++) {
                NDArray part = vae.latents(video.get(new NDIndex(":,:,:{}", 1 + 4 * (latents - 1))));
                NDArray same = whole.get(new NDIndex(":,:,:{}", latents));
                assertThat(Fixtures.relativeError(part, same)).isLessThan(1e-5);
            }
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
            Fixtures.assertEqual(golden, vae.latents(golden.read(manager, "wan.video")), "wan.normalized_mean", 1e-5);
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
            vae.latents(NoiseSource.of(8).gaussian(owner, new Shape(1, 3, 9, 16, 16)));
            assertThat(owner.getManagedArrays()).hasSize(5);
            assertThat(manager.getManagedArrays())
                    .as("those of its children included")
                    .hasSize(before + 4);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 512})
    void onlyTheResultsOutliveTheCallAlsoInSlicesAndTiles(int tile) throws IOException {
        AutoencoderKl vae = pictures(1, tile);
        try (NDManager owner = manager.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            int before = manager.getManagedArrays().size();
            NDArray images = NoiseSource.of(8).gaussian(owner, new Shape(2, 3, 40, 72));
            vae.pixels(vae.latents(images));
            assertThat(owner.getManagedArrays()).hasSize(3);
            assertThat(manager.getManagedArrays()).hasSize(before + 3);
        }
    }
}
