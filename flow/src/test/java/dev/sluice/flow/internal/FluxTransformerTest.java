package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Fixtures;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Against diffusers. A time of 3500 has angles that a rounding of the exponential moves by 1e-4, so gradients differ more than
 * values do.
 */
class FluxTransformerTest {
    private static final double TOLERANCE = 1e-5;
    private static final double GRADIENT_TOLERANCE = 5e-5;
    private static final String WEIGHT = ".grad.weight.";

    private static FluxTransformer open(NDManager manager, String folder, double guidance) throws IOException {
        Path path = Fixtures.path("flux-transformer/" + folder);
        FluxConfig config = FluxConfig.of(ConfigFile.read(path.resolve("config.json")));
        try (WeightFiles files = WeightFiles.open(path)) {
            config.layout().check("FLUX", files);
            assertThat(files.names()).isEqualTo(config.layout().shapes().keySet());
            return new FluxTransformer(config, files.load(manager), guidance);
        }
    }

    private static SafetensorsFile golden() throws IOException {
        return SafetensorsFile.open(Fixtures.path("flux-transformer/golden.safetensors"));
    }

    private static Conditioning conditioning(NDManager manager, SafetensorsFile golden, String name)
            throws IOException {
        return new Conditioning(
                golden.read(manager, name + ".in.encoder_hidden_states"),
                golden.read(manager, name + ".in.pooled_projections"));
    }

    @ParameterizedTest
    @CsvSource({"a, transformer", "b, transformer", "c, transformer_noguidance"})
    void valuesAndGradientsEqualTheReference(String name, String folder) throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope recording = Torch.withGradient();
                SafetensorsFile golden = golden()) {
            FluxTransformer model = open(manager, folder, 1);
            NDArray tokens = golden.read(manager, name + ".in.hidden_states");
            tokens.setRequiresGradient(true);
            List<String> gradients = golden.names().stream()
                    .filter(tensor -> tensor.startsWith(name + WEIGHT))
                    .toList();
            assertThat(gradients).hasSize(2);
            for (String tensor : gradients) {
                model.weights().get(tensor.substring((name + WEIGHT).length())).setRequiresGradient(true);
            }
            NDArray time = golden.read(manager, name + ".in.timestep").mul(1000);
            NDArray guidance = golden.contains(name + ".in.guidance")
                    ? golden.read(manager, name + ".in.guidance").mul(1000)
                    : time;
            NDArray ids =
                    golden.read(manager, name + ".in.txt_ids").concat(golden.read(manager, name + ".in.img_ids"), 0);
            NDArray out = model.velocityOfTokens(tokens, time, guidance, conditioning(manager, golden, name), ids);
            assertThat(Fixtures.relativeError(out, golden.read(manager, name + ".out")))
                    .isLessThan(TOLERANCE);
            Torch.backward(out, golden.read(manager, name + ".cotangent"));
            assertThat(Fixtures.relativeError(
                            tokens.getGradient(), golden.read(manager, name + ".grad.in.hidden_states")))
                    .isLessThan(TOLERANCE);
            for (String tensor : gradients) {
                NDArray weight = model.weights().get(tensor.substring((name + WEIGHT).length()));
                assertThat(Fixtures.relativeError(weight.getGradient(), golden.read(manager, tensor)))
                        .as(tensor)
                        .isLessThan(GRADIENT_TOLERANCE);
            }
        }
    }

    /** Latents of a picture against the packed form, whose packing and ids are written out here as diffusers has them. */
    @ParameterizedTest
    @CsvSource({"1, 8, 12, 5", "3, 6, 2, 1", "2, 2, 2, 9"})
    void aPictureIsItsSquaresInRowsWithTheirPlaces(int batch, int rows, int columns, int words) throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            FluxTransformer model = open(manager, "transformer", 3.5);
            NoiseSource noise = NoiseSource.of(batch, rows, columns);
            NDArray latents = noise.gaussian(manager, new Shape(batch, 4, rows, columns));
            Conditioning conditioning = new Conditioning(
                    NoiseSource.of(1).gaussian(manager, new Shape(batch, words, 24)),
                    NoiseSource.of(2).gaussian(manager, new Shape(batch, 20)));
            NDArray found = model.velocity(latents, 0.37, conditioning);

            long down = rows / 2;
            long across = columns / 2;
            NDArray packed = latents.reshape(batch, 4, down, 2, across, 2)
                    .transpose(0, 2, 4, 1, 3, 5)
                    .reshape(batch, down * across, 16);
            float[] ids = new float[Math.toIntExact(3 * (words + down * across))];
            for (int i = 0; i < down * across; i++) {
                ids[3 * (words + i) + 1] = Math.floorDiv(i, (int) across);
                ids[3 * (words + i) + 2] = i % across;
            }
            NDArray time = manager.full(new Shape(batch), 370f);
            NDArray guidance = manager.full(new Shape(batch), 3500f);
            NDArray tokens = model.velocityOfTokens(
                    packed, time, guidance, conditioning, manager.create(ids, new Shape(words + down * across, 3)));
            NDArray expected = tokens.reshape(batch, down, across, 4, 2, 2)
                    .transpose(0, 3, 1, 4, 2, 5)
                    .reshape(batch, 4, rows, columns);
            assertThat(Fixtures.relativeError(found, expected)).isLessThan(1e-6);
        }
    }

    /** Odd numbers of tokens, high and wide pictures, and prompts of one word up to T5's 512. */
    @ParameterizedTest
    @CsvSource({
        "transformer, 6, 10, 1",
        "transformer, 6, 10, 4",
        "transformer_noguidance, 6, 10, 1",
        "transformer, 2, 22, 512",
        "transformer, 26, 2, 7",
        "transformer_noguidance, 10, 6, 512"
    })
    void aSampleIsTheSameAloneAndInABatch(String folder, int rows, int columns, int words) throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            FluxTransformer model = open(manager, folder, 2);
            NDArray latents = NoiseSource.of(3).gaussian(manager, new Shape(3, 4, rows, columns));
            Conditioning conditioning = new Conditioning(
                    NoiseSource.of(4).gaussian(manager, new Shape(3, words, 24)),
                    NoiseSource.of(5).gaussian(manager, new Shape(3, 20)));
            NDArray sigmas = manager.create(new float[] {0.9f, 0.5f, 0.1f});
            NDArray together = model.velocity(latents, sigmas, conditioning);
            NDList alone = new NDList();
            for (int i = 0; i < 3; i++) {
                NDIndex row = new NDIndex("{}:{}", i, i + 1);
                alone.add(model.velocity(latents.get(row), sigmas.get(row), conditioning.rows(manager, i)));
            }
            NDArray joined = alone.get(0).concat(alone.get(1), 0).concat(alone.get(2), 0);
            assertThat(Fixtures.relativeError(together, joined)).isLessThan(3e-6);
        }
    }

    /** All words have the place 0: T5 has told their order. Squares have their own. */
    @Test
    void theOrderOfTheWordsIsNotLookedAt() throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            FluxTransformer model = open(manager, "transformer", 2);
            NDArray latents = NoiseSource.of(3).gaussian(manager, new Shape(1, 4, 6, 10));
            NDArray words = NoiseSource.of(4).gaussian(manager, new Shape(1, 512, 24));
            NDArray pooled = NoiseSource.of(5).gaussian(manager, new Shape(1, 20));
            NDArray found = model.velocity(latents, 0.5, new Conditioning(words, pooled));
            NDArray turned = words.get(":, 100:").concat(words.get(":, :100"), 1);
            NDArray again = model.velocity(latents, 0.5, new Conditioning(turned, pooled));
            assertThat(Fixtures.relativeError(again, found)).isLessThan(5e-6);
            NDArray fewer = model.velocity(latents, 0.5, new Conditioning(words.get(":, :100"), pooled));
            assertThat(Fixtures.relativeError(fewer, found)).isGreaterThan(1e-4);
            NDArray moved = latents.get(":, :, 2:").concat(latents.get(":, :, :2"), 2);
            NDArray back = model.velocity(moved, 0.5, new Conditioning(words, pooled));
            assertThat(Fixtures.relativeError(back.get(":, :, 4:"), found.get(":, :, :2")))
                    .as("the squares of the picture have positions")
                    .isGreaterThan(1e-3);
        }
    }

    @Test
    void onlyTheGuidedNetworkHearsOfGuidance() throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            for (String folder : List.of("transformer", "transformer_noguidance")) {
                NDArray latents = NoiseSource.of(3).gaussian(manager, new Shape(1, 4, 4, 4));
                Conditioning conditioning =
                        new Conditioning(manager.ones(new Shape(1, 2, 24)), manager.ones(new Shape(1, 20)));
                NDArray weak = open(manager, folder, 1).velocity(latents, 0.5, conditioning);
                NDArray strong = open(manager, folder, 7).velocity(latents, 0.5, conditioning);
                assertThat(Fixtures.relativeError(strong, weak) > 1e-3).isEqualTo(folder.equals("transformer"));
            }
        }
    }

    /** 2⁻⁸ is bfloat16's rounding step; a few of them add up over three blocks. */
    @Test
    void inBfloat16TheVelocityIsThatOfFloat32ToItsRounding() throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            FluxTransformer model = open(manager, "transformer", 3.5);
            NDArray latents = NoiseSource.of(3).gaussian(manager, new Shape(1, 4, 8, 8));
            Conditioning conditioning =
                    new Conditioning(manager.ones(new Shape(1, 2, 24)), manager.ones(new Shape(1, 20)));
            NDArray exact = model.velocity(latents, 0.5, conditioning);
            model.weights().round(Precision.BFLOAT16);
            double error = Fixtures.relativeError(model.velocity(latents, 0.5, conditioning), exact);
            assertThat(error).isBetween(1e-4, 5.0 / 256);
        }
    }

    @Test
    void inputsOfAnotherShapeAreRefusedWithBothShapes() throws IOException {
        try (NDManager manager = Torch.newManager()) {
            FluxTransformer model = open(manager, "transformer", 1);
            Conditioning conditioning =
                    new Conditioning(manager.zeros(new Shape(1, 3, 24)), manager.zeros(new Shape(1, 20)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> model.velocity(manager.zeros(new Shape(1, 16, 8, 8)), 0.5, conditioning))
                    .withMessageContaining("(1, 16, 8, 8)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> model.velocity(manager.zeros(new Shape(1, 4, 8, 7)), 0.5, conditioning))
                    .withMessageContaining("multiples of 2");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> model.velocity(manager.zeros(new Shape(2, 4, 8, 8)), 0.5, conditioning))
                    .withMessageContaining("conditioning.tokens");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "4;4;4, axes_dims_rope ([4, 4, 4]) must be three even numbers whose sum is attention_head_dim (16).",
        "8;8, axes_dims_rope",
        "5;5;6, axes_dims_rope"
    })
    void axesThatDoNotFillAHeadAreRefused(String axes, String says) {
        List<Integer> sizes =
                List.of(axes.split(";")).stream().map(Integer::valueOf).toList();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FluxConfig(16, 1, 1, 16, 2, 24, 20, true, sizes))
                .withMessageContaining(says);
    }
}
