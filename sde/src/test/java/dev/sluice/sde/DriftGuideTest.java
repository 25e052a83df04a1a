package dev.sluice.sde;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DriftGuideTest {
    private static final int WIDTH = 6;
    private static final TimeSchedule SCHEDULE = new TimeSchedule.Uniform(5);
    private static final float SHIFT = 0.125f;

    private final NDManager manager = Torch.newManager();
    private final SampleNoise noise = new SampleNoise(3, 0, List.of(0L, 1L, 2L));

    /** v = θ·x + θ, so that both what it makes and its derivative are known. */
    private VelocityModel model(double theta) {
        return (x, sigmas, conditioning) -> {
            try (NDArray scaled = Torch.scaled(x, theta)) {
                return scaled.add((float) theta);
            }
        };
    }

    static List<SdeRule> rules() {
        return List.of(new SdeRule.Dance(0.3), new SdeRule.FlowGrpo(0.7), new SdeRule.Ddim(1));
    }

    private Trajectory rollout(SdeSampler sampler, DriftGuide guide) {
        return sampler.rollout(
                model(0.4),
                noise.initial(manager, new Shape(WIDTH)),
                null,
                RolloutPlan.of(List.of(0, 1, 2, 3), noise).guidedBy(guide));
    }

    private static Optional<NDArray> constant(NDArray data) {
        return Optional.of(data.getManager().full(data.getShape(), SHIFT));
    }

    @AfterEach
    void close() {
        manager.close();
    }

    @ParameterizedTest
    @MethodSource("rules")
    void aGuideMovesTheStepAndTheLikelihoodIsThatWithoutIt(SdeRule rule) {
        SdeSampler sampler = new SdeSampler(rule, SCHEDULE);
        try (Trajectory plain = rollout(sampler, DriftGuide.NONE);
                Trajectory led = rollout(
                        sampler, (latents, data, step, numbers) -> step == 1 ? constant(data) : Optional.empty())) {
            assertThat(led.steps().get(0).next().toFloatArray())
                    .containsExactly(plain.steps().get(0).next().toFloatArray());
            StoredStep was = plain.steps().get(1);
            StoredStep is = led.steps().get(1);
            float[] n = noise.draw(manager, new Shape(3, WIDTH), 1).toFloatArray();
            float[] from = was.next().toFloatArray();
            float[] to = is.next().toFloatArray();
            double square = 0;
            for (int i = 0; i < to.length; i++) {
                assertThat(to[i]).isEqualTo(from[i] + SHIFT, Offset.offset(1e-6f));
                double away = SHIFT + is.std() * n[i];
                square += i < WIDTH ? away * away : 0;
            }
            double expected =
                    -square / WIDTH / (2 * is.std() * is.std()) - Math.log(is.std()) - 0.5 * Math.log(2 * Math.PI);
            double found = is.logProb().toFloatArray()[0];
            if (rule.likelihood() == Likelihood.GAUSSIAN_MEAN) {
                assertThat(found).isEqualTo(expected, Offset.offset(1e-4));
            }
            for (StoredStep stored : led.steps()) {
                Transition again = sampler.replay(model(0.4), stored.latents(), stored.step(), null, stored.next());
                assertThat(again.logProb().toFloatArray())
                        .containsExactly(stored.logProb().toFloatArray());
            }
        }
    }

    /** ∂ log π/∂θ = mean[(c·d + s·n)/s²·∂μ/∂θ]: a good sample pulls the policy to where the guide has led. */
    @Test
    void theGradientPullsTheMeanToWhereTheGuideHasLed() {
        SdeSampler sampler = new SdeSampler(new SdeRule.Dance(0.3), SCHEDULE);
        try (Trajectory led = rollout(sampler, (latents, data, step, numbers) -> constant(data))) {
            StoredStep stored = led.steps().get(2);
            GaussianStep numbers = sampler.step(2);
            float[] n = noise.draw(manager, new Shape(3, WIDTH), 2).toFloatArray();
            float[] x = stored.latents().toFloatArray();
            double expected = 0;
            for (int i = 0; i < WIDTH; i++) {
                double mean = numbers.velocityWeight() * (x[i] + 1);
                expected += (SHIFT + numbers.std() * n[i]) / (numbers.std() * numbers.std()) * mean / WIDTH;
            }
            double h = 1e-2;
            double[] around = new double[2];
            for (int side = 0; side < 2; side++) {
                around[side] = sampler.replay(
                                model(0.4 + (side == 0 ? h : -h)), stored.latents(), 2, null, stored.next())
                        .logProb()
                        .toFloatArray()[0];
            }
            assertThat((around[0] - around[1]) / (2 * h)).isEqualTo(expected, Offset.offset(1e-2));
        }
    }

    @Test
    void theGuideIsShownTheDataThatTheStepPredicts() {
        List<float[]> shown = new ArrayList<>();
        SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), SCHEDULE);
        try (Trajectory led = rollout(sampler, (latents, data, step, numbers) -> {
            shown.add(data.toFloatArray());
            return Optional.empty();
        })) {
            for (int k = 0; k < 4; k++) {
                float[] x = led.steps().get(k).latents().toFloatArray();
                for (int i = 0; i < x.length; i++) {
                    double data = x[i] - SCHEDULE.sigma(k) * (0.4 * x[i] + 0.4);
                    assertThat((double) shown.get(k)[i]).isEqualTo(data, Offset.offset(1e-5));
                }
            }
        }
        assertThat(shown).hasSize(4);
    }
}
