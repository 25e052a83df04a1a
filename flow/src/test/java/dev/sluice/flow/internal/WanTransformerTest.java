package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against diffusers; a rounding difference of 1e-5 of the largest value is ten times what the reference shows itself. */
class WanTransformerTest {
    private static final double TOLERANCE = 1e-5;
    private static final String WEIGHT = ".grad.weight.";

    private static WanTransformer open(NDManager manager, String folder, boolean wholeTimes) throws IOException {
        Path path = Fixtures.path("wan-transformer/" + folder);
        WanConfig config = WanConfig.of(ConfigFile.read(path.resolve("config.json")));
        try (WeightFiles files = WeightFiles.open(path)) {
            config.layout().check("Wan", files);
            assertThat(files.names()).isEqualTo(config.layout().shapes().keySet());
            return new WanTransformer(config, files.load(manager), wholeTimes);
        }
    }

    private static Conditioning noise(NDManager manager, int batch, int words) {
        return new Conditioning(
                NoiseSource.of(4).gaussian(manager, new Shape(batch, words, 20)), manager.zeros(new Shape(batch, 0)));
    }

    @ParameterizedTest
    @CsvSource({"t2v, transformer", "ti2v, transformer", "i2v, transformer_i2v"})
    void valuesAndGradientsEqualTheReference(String name, String folder) throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope recording = Torch.withGradient();
                SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("wan-transformer/golden.safetensors"))) {
            WanTransformer model = open(manager, folder, false);
            NDArray latents = golden.read(manager, name + ".in.hidden_states");
            latents.setRequiresGradient(true);
            List<String> gradients = golden.names().stream()
                    .filter(tensor -> tensor.startsWith(name + WEIGHT))
                    .toList();
            assertThat(gradients).hasSize(2);
            for (String tensor : gradients) {
                model.weights().get(tensor.substring((name + WEIGHT).length())).setRequiresGradient(true);
            }
            List<NDArray> picture = new ArrayList<>();
            if (golden.contains(name + ".in.encoder_hidden_states_image")) {
                picture.add(latents);
                picture.add(golden.read(manager, name + ".in.encoder_hidden_states_image"));
            }
            Conditioning conditioning = new Conditioning(
                    golden.read(manager, name + ".in.encoder_hidden_states"), manager.zeros(new Shape(2, 0)), picture);
            NDArray out = model.velocityAt(latents, golden.read(manager, name + ".in.timestep"), conditioning);
            assertThat(Fixtures.relativeError(out, golden.read(manager, name + ".out")))
                    .isLessThan(TOLERANCE);
            Torch.backward(out, golden.read(manager, name + ".cotangent"));
            assertThat(Fixtures.relativeError(
                            latents.getGradient(), golden.read(manager, name + ".grad.in.hidden_states")))
                    .isLessThan(TOLERANCE);
            for (String tensor : gradients) {
                NDArray weight = model.weights().get(tensor.substring((name + WEIGHT).length()));
                assertThat(Fixtures.relativeError(weight.getGradient(), golden.read(manager, tensor)))
                        .as(tensor)
                        .isLessThan(TOLERANCE);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 2, 10, 1", "5, 4, 2, 7", "2, 6, 6, 512"})
    void aSampleIsTheSameAloneAndInABatch(int frames, int rows, int columns, int words) throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            WanTransformer model = open(manager, "transformer", false);
            NDArray latents = NoiseSource.of(3).gaussian(manager, new Shape(3, 16, frames, rows, columns));
            Conditioning conditioning = noise(manager, 3, words);
            NDArray sigmas = manager.create(new float[] {0.9f, 0.5f, 0.1f});
            NDArray together = model.velocity(latents, sigmas, conditioning);
            assertThat(together.getShape()).isEqualTo(latents.getShape());
            for (int i = 0; i < 3; i++) {
                NDIndex row = new NDIndex("{}:{}", i, i + 1);
                NDArray alone = model.velocity(latents.get(row), sigmas.get(row), conditioning.rows(manager, i));
                assertThat(Fixtures.relativeError(alone, together.get(row))).isLessThan(3e-6);
            }
        }
    }

    @Test
    void equalTimesOfAllTokensAreTheTimeOfTheSample() throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            WanTransformer model = open(manager, "transformer", false);
            NDArray latents = NoiseSource.of(3).gaussian(manager, new Shape(1, 16, 3, 4, 6));
            NDArray one = model.velocityAt(latents, manager.full(new Shape(1), 640f), noise(manager, 1, 4));
            NDArray each = model.velocityAt(latents, manager.full(new Shape(1, 18), 640f), noise(manager, 1, 4));
            assertThat(Fixtures.relativeError(each, one)).isLessThan(1e-6);
        }
    }

    @Test
    void wholeTimesAreCutNotRounded() throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray latents = NoiseSource.of(3).gaussian(manager, new Shape(1, 16, 1, 4, 4));
            Conditioning conditioning = noise(manager, 1, 4);
            NDArray cut = open(manager, "transformer", true).velocity(latents, 0.9999, conditioning);
            NDArray exact = open(manager, "transformer", false).velocity(latents, 0.999, conditioning);
            assertThat(Fixtures.relativeError(cut, exact)).isLessThan(1e-5);
        }
    }

    /** The picture's channels are joined after the latents, and its states reach the velocity. */
    @Test
    void aPictureConditionsTheVideo() throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            WanTransformer model = open(manager, "transformer_i2v", false);
            NDArray latents = NoiseSource.of(3).gaussian(manager, new Shape(2, 16, 2, 4, 6));
            NDArray channels = NoiseSource.of(5).gaussian(manager, new Shape(2, 20, 2, 4, 6));
            NDArray states = NoiseSource.of(6).gaussian(manager, new Shape(2, 6, 18));
            Conditioning text = noise(manager, 2, 5);
            Conditioning with = new Conditioning(text.tokens(), text.pooled(), List.of(channels, states));
            NDArray found = model.velocity(latents, 0.5, with);
            assertThat(found.getShape()).isEqualTo(latents.getShape());
            NDArray expected = model.velocityAt(latents.concat(channels, 1), manager.full(new Shape(2), 500f), with);
            assertThat(found.toFloatArray()).isEqualTo(expected.toFloatArray());
            NDArray others = NoiseSource.of(7).gaussian(manager, new Shape(2, 6, 18));
            Conditioning other = new Conditioning(text.tokens(), text.pooled(), List.of(channels, others));
            assertThat(Fixtures.relativeError(model.velocity(latents, 0.5, other), found))
                    .isGreaterThan(1e-4);
            NDArray second = model.velocity(latents.get("1:2"), 0.5, with.rows(manager, 1));
            assertThat(Fixtures.relativeError(second, found.get("1:2"))).isLessThan(3e-6);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> model.velocity(latents, 0.5, text))
                    .withMessageContaining("has no picture");
        }
    }

    @Test
    void inBfloat16TheVelocityIsThatOfFloat32ToItsRounding() throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            WanTransformer model = open(manager, "transformer", false);
            NDArray latents = NoiseSource.of(3).gaussian(manager, new Shape(1, 16, 3, 4, 6));
            NDArray exact = model.velocity(latents, 0.5, noise(manager, 1, 4));
            model.weights().round(Precision.BFLOAT16);
            double error = Fixtures.relativeError(model.velocity(latents, 0.5, noise(manager, 1, 4)), exact);
            assertThat(error).isBetween(1e-4, 5.0 / 256);
        }
    }

    @Test
    void inputsOfAnotherShapeAreRefusedWithBothShapes() throws IOException {
        try (NDManager manager = Torch.newManager()) {
            WanTransformer model = open(manager, "transformer", false);
            Conditioning conditioning = noise(manager, 1, 3);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> model.velocity(manager.zeros(new Shape(1, 16, 8, 8)), 0.5, conditioning))
                    .withMessageContaining("(1, 16, 8, 8)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> model.velocity(manager.zeros(new Shape(1, 16, 1, 8, 7)), 0.5, conditioning))
                    .withMessageContaining("multiples of [1, 2, 2]");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> model.velocity(manager.zeros(new Shape(1, 16, 33, 2, 2)), 0.5, conditioning))
                    .withMessageContaining("up to 32 times");
        }
    }
}
