package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.ClassifierFreeGuidance;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Fixtures;
import dev.sluice.flow.Replica;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Recomputation;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A network whose blocks are recomputed, against the same with a graph of the whole. */
class RecomputationTest {
    private static final int BATCH = 2;

    private static Network open(String family, NDManager manager) throws IOException {
        return switch (family) {
            case "sd3" -> Components.sd3(Fixtures.path("sd3-transformer/transformer_medium"), manager);
            case "flux" -> Components.flux(Fixtures.path("flux-transformer/transformer"), 3.5, manager);
            default -> Components.wan(Fixtures.path("wan-transformer/transformer"), false, manager);
        };
    }

    private static NDArray latents(Network network, NDManager manager) {
        Shape shape = network.video()
                ? new Shape(BATCH, network.channels(), 2, 8, 8)
                : new Shape(BATCH, network.channels(), 8, 8);
        return NoiseSource.of(1).gaussian(manager, shape);
    }

    private static Conditioning conditioning(Network network, NDManager manager, int rows, long seed) {
        Map<String, NDArray> weights = network.weights().asMap();
        boolean wan = weights.containsKey("patch_embedding.weight");
        String text = wan ? "condition_embedder.text_embedder.linear_1.weight" : "context_embedder.weight";
        long width = weights.get(text).getShape().get(1);
        String pooled = "time_text_embed.text_embedder.linear_1.weight";
        return new Conditioning(
                NoiseSource.of(seed, 1).gaussian(manager, new Shape(rows, 3, width)),
                NoiseSource.of(seed, 2)
                        .gaussian(
                                manager,
                                new Shape(
                                        rows,
                                        wan ? 0 : weights.get(pooled).getShape().get(1))));
    }

    /** What a pass gives: the velocity, and gradients by the names of weights and inputs. */
    private record Pass(float[] velocity, Map<String, float[]> gradients) {}

    private static Pass pass(Network network, Predicate<String> trained, boolean guided, boolean steps) {
        Set<String> names = network.weights().names().stream().filter(trained).collect(Collectors.toSet());
        try (NDManager manager = Torch.newManager();
                Replica replica = new Replica(manager, network.weights(), names);
                Torch.Scope tape = Recomputation.open();
                Torch.Scope recording = Torch.withGradient()) {
            Network over = network.over(replica.weights());
            VelocityModel model =
                    guided ? new ClassifierFreeGuidance(over, conditioning(network, manager, 1, 9), 3) : over;
            NDArray latents = latents(network, manager);
            latents.setRequiresGradient(true);
            Conditioning conditioning = conditioning(network, manager, BATCH, 5);
            conditioning.tokens().setRequiresGradient(true);
            NDArray velocity = model.velocity(latents, 0.7, conditioning);
            if (steps) {
                NDArray next = latents.add(Torch.scaled(velocity, -0.3));
                velocity = velocity.add(model.velocity(next, 0.4, conditioning));
            }
            Torch.backward(velocity, NoiseSource.of(3).gaussian(manager, velocity.getShape()));
            Map<String, float[]> gradients = new TreeMap<>();
            replica.drain((name, gradient) -> gradients.put(name, gradient.toFloatArray()));
            gradients.put("latents", latents.getGradient().toFloatArray());
            gradients.put("tokens", conditioning.tokens().getGradient().toFloatArray());
            return new Pass(velocity.toFloatArray(), gradients);
        }
    }

    private static double relative(float[] found, float[] expected) {
        double apart = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            apart = Math.max(apart, Math.abs(found[i] - expected[i]));
            size = Math.max(size, Math.abs(expected[i]));
        }
        return size == 0 ? apart : apart / size;
    }

    @ParameterizedTest(name = "{0}, {1} segments, {2}, guided {3}, two steps {4}")
    @CsvSource({
        "sd3, 1, all, false, false",
        "sd3, 2, all, true, true",
        "sd3, 99, attention, false, true",
        "sd3, 3, late, false, false",
        "flux, 1, all, false, true",
        "flux, 2, attention, false, false",
        "flux, 99, all, false, false",
        "flux, 99, late, false, true",
        "wan, 2, all, true, false",
        "wan, 99, attention, false, true",
        "wan, 99, late, false, false"
    })
    void gradientsAreThoseOfTheWholeGraphAndTheVelocityIsTheSame(
            String family, int segments, String trained, boolean guided, boolean steps) throws IOException {
        try (NDManager manager = Torch.newManager()) {
            Network network = open(family, manager);
            Predicate<String> chosen = switch (trained) {
                case "all" -> name -> true;
                case "attention" -> name -> name.contains(".attn") && name.contains("to_q");
                default -> name -> name.startsWith("proj_out");
            };
            Pass whole = pass(network, chosen, guided, steps);
            Pass parts = pass(network.running(new BlockChain.Running(segments, null)), chosen, guided, steps);
            assertThat(parts.velocity()).as("ratio 1").isEqualTo(whole.velocity());
            assertThat(parts.gradients().keySet()).isEqualTo(whole.gradients().keySet());
            whole.gradients()
                    .forEach((name, gradient) -> assertThat(
                                    relative(parts.gradients().get(name), gradient))
                            .as(name)
                            .isLessThan(1e-5));
            assertThat(whole.gradients().values().stream()
                            .filter(gradient -> relative(gradient, new float[gradient.length]) > 0)
                            .count())
                    .as("gradients that are not zero")
                    .isGreaterThanOrEqualTo(3);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 24})
    void aChainOf24BlocksHasTheSameGradients(int segments) {
        Sd3Config config = new Sd3Config(8, 2, 4, 24, 8, 4, 16, 16, 4, 4, Set.of(), true);
        try (NDManager manager = Torch.newManager()) {
            Weights weights = new Weights(manager);
            config.layout().shapes().forEach((name, shape) -> {
                NDArray drawn = NoiseSource.of(7, name.hashCode()).gaussian(manager, shape);
                weights.put(name, Torch.scaled(drawn, name.contains("norm_") ? 1 : 0.2));
            });
            Network network = new Sd3Transformer(config, weights);
            Pass whole = pass(network, name -> true, false, false);
            Pass parts = pass(network.running(new BlockChain.Running(segments, null)), name -> true, false, false);
            assertThat(parts.velocity()).isEqualTo(whole.velocity());
            whole.gradients()
                    .forEach((name, gradient) -> assertThat(
                                    relative(parts.gradients().get(name), gradient))
                            .as(name)
                            .isLessThan(1e-5));
            assertThat(relative(
                            whole.gradients().get("transformer_blocks.0.attn.to_q.weight"), new float[4 * 8 * 4 * 8]))
                    .as("a gradient that went through all blocks")
                    .isPositive();
        }
    }

    @ParameterizedTest
    @CsvSource({"sd3", "flux", "wan"})
    void withoutAGraphOrATapeNothingIsKept(String family) throws IOException {
        try (NDManager manager = Torch.newManager()) {
            Network network = open(family, manager).running(new BlockChain.Running(2, null));
            for (boolean recording : List.of(false, true)) {
                try (NDManager scratch = manager.newSubManager();
                        Torch.Scope mode = recording ? Torch.withGradient() : Torch.noGradient()) {
                    NDArray latents = latents(network, scratch);
                    Conditioning conditioning = conditioning(network, scratch, BATCH, 5);
                    latents.setRequiresGradient(recording);
                    int before = scratch.getManagedArrays().size();
                    NDArray velocity = network.velocity(latents, 0.5, conditioning);
                    assertThat(scratch.getManagedArrays()).hasSize(before + 1);
                    if (recording) {
                        Torch.backward(velocity.sum());
                        assertThat(latents.getGradient().abs().max().getFloat()).isPositive();
                    }
                }
            }
        }
    }
}
