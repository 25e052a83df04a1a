package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Fixtures;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What slices and tiles are for: the peak of a process is that of a slice or a tile, beside what goes in and comes out. */
@EnabledOnOs(OS.LINUX)
class AutoencoderMemoryTest {
    private static final int SIDE = 256;
    private static final AutoencoderKl.Limits WHOLE = new AutoencoderKl.Limits(1 << 24, 512);
    private static final AutoencoderKl.Limits SLICED = new AutoencoderKl.Limits(1, 512);
    private static final AutoencoderKl.Limits TILED = new AutoencoderKl.Limits(1, 64);

    @Test
    void aBatchTakesTheMemoryOfASliceOrATile() throws IOException, InterruptedException {
        List<Long> grown = PeakOfAProcess.numbers(AutoencoderMemoryTest.class, PeakOfAProcess.EXACT, List.of());
        for (int back = 0; back < 2; back++) {
            long whole = grown.get(3 * back);
            assertThat(whole).as("%s", grown).isGreaterThan(8L * 3 * SIDE * SIDE * Float.BYTES);
            assertThat((double) grown.get(3 * back + 1)).as("%s", grown).isLessThan(0.5 * whole);
            assertThat((double) grown.get(3 * back + 2)).as("%s", grown).isLessThan(0.4 * whole);
        }
    }

    /** Prints by how many bytes encoding, then decoding, a batch of four raises the peak: whole, in slices, in tiles of slices. */
    public static void main(String[] arguments) throws IOException {
        Torch.threads(1);
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            AutoencoderKl usual = Components.vae(Fixtures.path("vae/vae"), manager);
            int side = SIDE / usual.factor();
            measured(manager, usual, new Shape(4, 3, SIDE, SIDE), AutoencoderKl::latents);
            measured(manager, usual, new Shape(4, usual.channels(), side, side), AutoencoderKl::pixels);
        }
    }

    private static void measured(
            NDManager manager, AutoencoderKl usual, Shape shape, BiFunction<AutoencoderKl, NDArray, NDArray> way)
            throws IOException {
        try (NDArray batch = NoiseSource.of(1).gaussian(manager, shape)) {
            // What the engine sets up once is not what is measured.
            way.apply(new AutoencoderKl(usual.config(), usual.weights(), TILED), batch)
                    .close();
            for (AutoencoderKl.Limits limits : List.of(WHOLE, SLICED, TILED)) {
                AutoencoderKl vae = new AutoencoderKl(usual.config(), usual.weights(), limits);
                PeakOfAProcess.print(() -> way.apply(vae, batch).close());
            }
        }
    }
}
