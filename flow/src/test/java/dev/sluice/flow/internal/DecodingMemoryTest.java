package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What autoencoders of the published sizes say that decoding holds, against the growth of a process's peak. */
@Tag("bench")
@EnabledOnOs(OS.LINUX)
class DecodingMemoryTest {
    private static Autoencoder open(NDManager manager, boolean video) {
        VaeConfig picture =
                new VaeConfig(3, 3, 16, List.of(128, 256, 512, 512), 2, 32, true, false, false, 1.5305, 0.0609, 512);
        WanVaeConfig wan = new WanVaeConfig(
                96,
                16,
                List.of(1, 2, 4, 4),
                2,
                List.of(false, true, true),
                Collections.nCopies(16, 0.0),
                Collections.nCopies(16, 1.0));
        Weights weights = new Weights(manager);
        (video ? wan.layout() : picture.layout())
                .shapes()
                .forEach((name, shape) -> weights.put(name, manager.full(shape, name.contains("norm") ? 1f : 0.01f)));
        return video ? new AutoencoderKlWan(wan, weights) : new AutoencoderKl(picture, weights);
    }

    private static Shape shape(String latents) {
        return new Shape(
                Arrays.stream(latents.split(" ")).mapToLong(Long::parseLong).toArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1 16 8 8", "1 16 16 16", "2 16 16 16", "1 16 2 8 8", "1 16 4 8 8", "1 16 2 16 16"})
    void whatDecodingHoldsIsKnownToFifteenPercent(String latents) throws IOException, InterruptedException {
        long measured = PeakOfAProcess.growth(DecodingMemoryTest.class, PeakOfAProcess.EXACT, List.of(latents));
        long counted;
        try (NDManager manager = Torch.newManager()) {
            Shape shape = shape(latents);
            counted = open(manager, shape.dimension() == 5).decodingBytes(shape);
        }
        System.out.printf("%s: counted %.1f MB, measured %.1f MB%n", latents, counted / 1e6, measured / 1e6);
        assertThat((double) counted).isBetween(0.85 * measured, 1.15 * measured);
    }

    /** Prints by how many bytes decoding raises the process's peak. */
    public static void main(String[] arguments) throws IOException {
        Torch.threads(1);
        Shape shape = shape(arguments[0]);
        boolean video = shape.dimension() == 5;
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            Autoencoder autoencoder = open(manager, video);
            decode(manager, autoencoder, video ? new Shape(1, 16, 2, 2, 2) : new Shape(1, 16, 2, 2));
            PeakOfAProcess.print(() -> decode(manager, autoencoder, shape));
        }
    }

    private static void decode(NDManager manager, Autoencoder autoencoder, Shape shape) {
        try (NDManager scratch = manager.newSubManager();
                NDArray pixels = autoencoder.pixels(NoiseSource.of(1).gaussian(scratch, shape))) {
            assertThat(pixels.getShape().get(0)).isEqualTo(shape.get(0));
        }
    }
}
