package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Fixtures;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.Replica;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against diffusers; a rounding difference of 1e-5 of the largest value is ten times what the reference shows itself. */
class Sd3TransformerTest {
    private static final Path FIXTURE = Path.of("src/test/resources/fixtures/sd3-transformer");
    private static final String WEIGHT = ".grad.weight.";

    private static Sd3Transformer open(NDManager manager, String folder) throws IOException {
        Path path = FIXTURE.resolve(folder);
        Sd3Config config = Sd3Config.of(ConfigFile.read(path.resolve("config.json")));
        try (WeightFiles files = WeightFiles.open(path.resolve("diffusion_pytorch_model.safetensors"))) {
            return new Sd3Transformer(config, files.load(manager));
        }
    }

    private static NDArray run(Sd3Transformer model, NDArray latents, String name, SafetensorsFile golden)
            throws IOException {
        NDManager manager = latents.getManager();
        Conditioning conditioning = new Conditioning(
                golden.read(manager, name + ".in.encoder_hidden_states"),
                golden.read(manager, name + ".in.pooled_projections"));
        return model.velocityAt(latents, golden.read(manager, name + ".in.timestep"), conditioning);
    }

    private static double relative(NDArray found, NDArray expected) {
        return found.sub(expected).abs().max().getFloat() / expected.abs().max().getFloat();
    }

    @ParameterizedTest
    @CsvSource({"a, transformer", "b, transformer", "c, transformer_medium"})
    void valuesAndGradientsEqualTheReference(String name, String folder) throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope recording = Torch.withGradient();
                SafetensorsFile golden = SafetensorsFile.open(FIXTURE.resolve("golden.safetensors"))) {
            Sd3Transformer model = open(manager, folder);
            NDArray latents = golden.read(manager, name + ".in.hidden_states");
            latents.setRequiresGradient(true);
            var weights = golden.names().stream()
                    .filter(tensor -> tensor.startsWith(name + WEIGHT))
                    .toList();
            assertThat(weights).hasSize(2);
            for (String tensor : weights) {
                model.weights().get(tensor.substring((name + WEIGHT).length())).setRequiresGradient(true);
            }
            NDArray out = run(model, latents, name, golden);
            assertThat(relative(out, golden.read(manager, name + ".out"))).isLessThan(1e-5);
            Torch.backward(out, golden.read(manager, name + ".cotangent"));
            assertThat(relative(latents.getGradient(), golden.read(manager, name + ".grad.in.hidden_states")))
                    .isLessThan(1e-5);
            for (String tensor : weights) {
                NDArray weight = model.weights().get(tensor.substring((name + WEIGHT).length()));
                assertThat(relative(weight.getGradient(), golden.read(manager, tensor)))
                        .as(tensor)
                        .isLessThan(1e-5);
            }
        }
    }

    /** 2⁻⁸ is bfloat16's rounding step; a few of them add up over three blocks. */
    @Test
    void inBfloat16TheVelocityIsThatOfFloat32ToItsRoundingAndAdaptersTrain() throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope recording = Torch.withGradient();
                SafetensorsFile golden = SafetensorsFile.open(FIXTURE.resolve("golden.safetensors"))) {
            Sd3Transformer model = open(manager, "transformer");
            model.weights().round(Precision.BFLOAT16);
            var options = new LoraAdapter.Options(2, 2, LoraAdapter.Options.SD3_ATTENTION);
            LoraAdapter adapter = new LoraAdapter(manager, model.weights(), options, NoiseSource.of(1));
            adapter.fold();
            Replica replica = adapter.replica(manager);
            NDArray latents = golden.read(manager, "a.in.hidden_states");
            NDArray out = run(model, latents, "a", golden);
            Sd3Transformer reference = new Sd3Transformer(model.config(), adapter.reference());
            assertThat(run(reference, latents, "a", golden).toFloatArray())
                    .as("a fresh adapter changes nothing")
                    .isEqualTo(out.toFloatArray());
            double error = relative(out, golden.read(manager, "a.out"));
            assertThat(error).isBetween(1e-4, 5.0 / 256);
            Sd3Transformer trained = new Sd3Transformer(model.config(), replica.weights());
            NDArray again = run(trained, latents, "a", golden);
            assertThat(again.toFloatArray()).as("a replica is the network").isEqualTo(out.toFloatArray());
            Torch.backward(again, golden.read(manager, "a.cotangent"));
            adapter.pullBack(replica);
            for (String layer : adapter.layers()) {
                if (layer.equals("transformer_blocks.2.attn.add_q_proj")) {
                    continue; // the last block's text output is not used
                }
                NDArray gradient = adapter.gradients().get("base_model.model." + layer + ".lora_B.weight");
                assertThat(gradient.abs().max().getFloat()).as(layer).isPositive();
            }
        }
    }

    private static Conditioning noise(NDManager manager, int batch, int words) {
        return new Conditioning(
                NoiseSource.of(4).gaussian(manager, new Shape(batch, words, 24)),
                NoiseSource.of(5).gaussian(manager, new Shape(batch, 20)));
    }

    /** Odd numbers of tokens, high and wide pictures up to the table's edge, and prompts of up to 77 words of CLIP and 256 of T5. */
    @ParameterizedTest
    @CsvSource({
        "transformer, 2, 14, 1",
        "transformer, 18, 2, 8",
        "transformer, 6, 10, 333",
        "transformer, 2, 24, 77",
        "transformer_medium, 10, 6, 333",
        "transformer_medium, 22, 2, 1"
    })
    void aSampleIsTheSameAloneAndInABatch(String folder, int rows, int columns, int words) throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope recording = Torch.withGradient()) {
            Sd3Transformer model = open(manager, folder);
            NDArray latents = NoiseSource.of(3).gaussian(manager, new Shape(3, 16, rows, columns));
            Conditioning conditioning = noise(manager, 3, words);
            NDArray sigmas = manager.create(new float[] {0.9f, 0.5f, 0.1f});
            latents.setRequiresGradient(true);
            NDArray together = model.velocity(latents, sigmas, conditioning);
            assertThat(together.getShape()).isEqualTo(latents.getShape());
            Torch.backward(together.mul(together).sum());
            for (int i = 0; i < 3; i++) {
                NDIndex row = new NDIndex("{}:{}", i, i + 1);
                NDArray own = NoiseSource.of(3)
                        .gaussian(manager, new Shape(3, 16, rows, columns))
                        .get(row);
                own.setRequiresGradient(true);
                NDArray alone = model.velocity(own, sigmas.get(row), conditioning.rows(manager, i));
                assertThat(Fixtures.relativeError(alone, together.get(row))).isLessThan(3e-6);
                Torch.backward(alone.mul(alone).sum());
                assertThat(Fixtures.relativeError(
                                own.getGradient(), latents.getGradient().get(row)))
                        .isLessThan(1e-5);
            }
        }
    }

    /** The words have no positions of their own: T5 and CLIP have told them. */
    @Test
    void theOrderOfTheWordsIsNotLookedAt() throws IOException {
        try (NDManager manager = Torch.newManager();
                Torch.Scope off = Torch.noGradient()) {
            Sd3Transformer model = open(manager, "transformer");
            NDArray latents = NoiseSource.of(3).gaussian(manager, new Shape(1, 16, 6, 10));
            Conditioning c = noise(manager, 1, 333);
            NDArray found = model.velocity(latents, 0.5, c);
            NDArray turned = c.tokens().get(":, 100:").concat(c.tokens().get(":, :100"), 1);
            NDArray again = model.velocity(latents, 0.5, new Conditioning(turned, c.pooled()));
            assertThat(Fixtures.relativeError(again, found)).isLessThan(5e-6);
            NDArray fewer =
                    model.velocity(latents, 0.5, new Conditioning(c.tokens().get(":, :100"), c.pooled()));
            assertThat(Fixtures.relativeError(fewer, found)).isGreaterThan(1e-4);
            NDArray moved = latents.get(":, :, 2:").concat(latents.get(":, :, :2"), 2);
            NDArray back = model.velocity(moved, 0.5, c);
            assertThat(Fixtures.relativeError(back.get(":, :, 4:"), found.get(":, :, :2")))
                    .as("the squares of the picture have positions")
                    .isGreaterThan(1e-3);
        }
    }

    @Test
    void inputsOfAnotherShapeAreRefusedWithBothShapes() throws IOException {
        try (NDManager manager = Torch.newManager()) {
            Sd3Transformer model = open(manager, "transformer");
            Conditioning conditioning =
                    new Conditioning(manager.zeros(new Shape(1, 3, 24)), manager.zeros(new Shape(1, 20)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> model.velocity(manager.zeros(new Shape(1, 4, 8, 8)), 0.5, conditioning))
                    .withMessageContaining("(1, 4, 8, 8)")
                    .withMessageContaining("16");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> model.velocity(manager.zeros(new Shape(1, 16, 8, 7)), 0.5, conditioning))
                    .withMessageContaining("multiples of 2");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> model.velocity(manager.zeros(new Shape(1, 16, 26, 8)), 0.5, conditioning))
                    .withMessageContaining("up to 24");
        }
    }

    @Test
    void aCallLeavesOneArrayAndTheWeightsAlone() throws IOException {
        try (NDManager manager = Torch.newManager()) {
            Sd3Transformer model = open(manager, "transformer");
            Weights weights = model.weights();
            int owned = weights.manager().getManagedArrays().size();
            try (NDManager scratch = manager.newSubManager()) {
                NDArray latents = scratch.zeros(new Shape(1, 16, 8, 8));
                Conditioning conditioning =
                        new Conditioning(scratch.zeros(new Shape(1, 3, 24)), scratch.zeros(new Shape(1, 20)));
                int before = scratch.getManagedArrays().size();
                for (int i = 0; i < 20; i++) {
                    model.velocity(latents, 0.5, conditioning);
                }
                assertThat(scratch.getManagedArrays()).hasSize(before + 20);
            }
            assertThat(weights.manager().getManagedArrays()).hasSize(owned);
        }
    }
}
