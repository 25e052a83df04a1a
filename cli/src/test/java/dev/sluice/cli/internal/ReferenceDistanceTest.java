package dev.sluice.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.OdeSampler;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.grpo.Evaluation;
import dev.sluice.grpo.Prompt;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The distance of two linear velocities, v = a·x and v = b·x, is that of the way which the first one takes. */
class ReferenceDistanceTest {
    private static final Shape LATENT = new Shape(3, 4, 4);
    private static final int STEPS = 5;
    private static final long SEED = 7;

    private static VelocityModel linear(double slope) {
        return (latents, sigmas, conditioning) -> Torch.scaled(latents, slope);
    }

    @Test
    void itIsTheMeanSquareOfTheDifferenceAlongTheWay() {
        double current = 0.4;
        double reference = 0.1;
        List<Prompt> prompts = List.of(Prompt.of("a"), Prompt.of("b"));
        TimeSchedule schedule = new TimeSchedule.Uniform(STEPS);
        try (NDManager manager = Torch.newManager(Device.cpu())) {
            ReferenceDistance distance = new ReferenceDistance(
                    new OdeSampler(new OdeSolver.Euler(), schedule),
                    (owner, texts) ->
                            new Conditioning(owner.zeros(new Shape(1, 1, 1)), owner.zeros(new Shape(1, 1)), List.of()),
                    LATENT,
                    SEED);
            double expected = 0;
            for (int i = 0; i < prompts.size(); i++) {
                NDArray noise = Evaluation.noise(manager, LATENT, SEED + i);
                double square = noise.mul(noise).mean().getFloat();
                for (int step = 0; step < STEPS; step++) {
                    expected += Math.pow(current - reference, 2) * square / (STEPS * prompts.size());
                    // An Euler step from σ to σ' multiplies x by 1 + a·(σ' − σ).
                    square *= Math.pow(1 - current / STEPS, 2);
                }
            }
            assertThat(distance.of(manager, linear(current), linear(reference), prompts))
                    .isCloseTo(expected, within(1e-6 * expected));
            assertThat(distance.of(manager, linear(current), linear(current), prompts))
                    .isZero();
        }
    }
}
