package dev.sluice.sde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.OdeSampler;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SdeSamplerTest {
    private static final int WIDTH = 12;

    private final NDManager manager = Torch.newManager();
    private final NDArray inner = weights(1);
    private final NDArray outer = weights(2);

    private NDArray weights(long seed) {
        NDArray weights =
                NoiseSource.of(seed).gaussian(manager, new Shape(WIDTH, WIDTH)).mul(0.3f);
        weights.setRequiresGradient(true);
        return weights;
    }

    /** A small network, v = W2·tanh(W1·x + σ) + x, whose weights want gradients. */
    private final VelocityModel network = (x, sigmas, c) -> {
        try (NDArray level = sigmas.reshape(-1, 1);
                NDArray hidden = x.dot(inner);
                NDArray shifted = hidden.add(level);
                NDArray active = shifted.tanh();
                NDArray out = active.dot(outer)) {
            return out.add(x);
        }
    };

    static List<SdeRule> rules() {
        return List.of(
                new SdeRule.FlowGrpo(0.7),
                new SdeRule.Dance(0.3),
                new SdeRule.Wan(),
                new SdeRule.Cps(0.7),
                new SdeRule.Ddim(1),
                new SdeRule.SdeDpm(1),
                new SdeRule.SdeDpm(2),
                new SdeRule.SdeDpm(2, OdeSolver.DpmSolver2M.Form.HEUN));
    }

    /** Encoded and read again, as a checkpoint would keep it; else a replay would be a tautology. */
    static StoredStep decoded(NDManager owner, StoredStep stored) {
        return new StoredStep(
                stored.step(),
                stored.std(),
                NDArray.decode(owner, stored.latents().encode()),
                NDArray.decode(owner, stored.next().encode()),
                stored.logProb(),
                Optional.empty(),
                Optional.empty(),
                stored.past().map(past -> NDArray.decode(owner, past.encode())));
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static SampleNoise noise(long... samples) {
        List<Long> names = new ArrayList<>();
        for (long sample : samples) {
            names.add(sample);
        }
        return new SampleNoise(11, 3, names);
    }

    private Trajectory rollout(SdeSampler sampler, SampleNoise noise, List<Integer> steps) {
        try (NDArray initial = noise.initial(manager, new Shape(WIDTH))) {
            return sampler.rollout(network, initial, null, RolloutPlan.of(steps, noise));
        }
    }

    private static List<Integer> allButLast(TimeSchedule schedule) {
        return new ExplorationSchedule.AllButLast().steps(schedule.steps(), 0, NoiseSource.of(0));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void replayOfStoredStepsGivesRatioOne(SdeRule rule) {
        for (long seed : new long[] {1, 7, 42, -1}) {
            SplittableRandom random = new SplittableRandom(seed);
            TimeSchedule schedule = new TimeSchedule.Shifted(random.nextInt(2, 12), random.nextDouble(0.5, 6));
            SdeSampler sampler = new SdeSampler(rule, schedule);
            try (Trajectory trajectory = rollout(sampler, noise(seed, 2, 3), allButLast(schedule))) {
                assertThat(trajectory.steps()).hasSize(schedule.steps() - 1);
                for (StoredStep stored : trajectory.steps()) {
                    Transition again;
                    try (Torch.Scope scope = Torch.withGradient()) {
                        again = sampler.replay(network, decoded(manager, stored), null);
                        Torch.backward(again.logProb().sum());
                    }
                    assertThat(again.std()).isEqualTo(stored.std());
                    assertThat(again.logProb().toFloatArray())
                            .as("seed %s, %s, step %s", seed, schedule, stored.step())
                            .containsExactly(stored.logProb().toFloatArray());
                }
            }
        }
        assertThat(outer.getGradient().abs().min().getFloat()).isPositive();
    }

    @Test
    void changedWeightsChangeTheRatio() {
        TimeSchedule schedule = new TimeSchedule.Uniform(5);
        SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), schedule);
        try (Trajectory trajectory = rollout(sampler, noise(1, 2), allButLast(schedule))) {
            StoredStep stored = trajectory.steps().get(2);
            VelocityModel other =
                    (x, sigmas, c) -> network.velocity(x, sigmas, c).mul(1.01f);
            Transition again = sampler.replay(other, stored.latents(), 2, null, stored.next());
            assertThat(again.logProb().toFloatArray()[0])
                    .isNotEqualTo(stored.logProb().toFloatArray()[0]);
        }
    }

    /** ∂logProb/∂θ for v = v₀ + θ is mean[(x' − μ)/s²]·∂μ/∂v for a Gaussian; and by finite differences. */
    @ParameterizedTest
    @MethodSource("rules")
    void theGradientIsTheDerivative(SdeRule rule) {
        TimeSchedule schedule = new TimeSchedule.Uniform(4);
        SdeSampler sampler = new SdeSampler(rule, schedule);
        NDArray x = manager.create(new double[] {0.3, -1.2, 0.8, 0.1}).reshape(1, 4);
        NDArray v = manager.create(new double[] {0.2, 0.7, -0.4, 1.1}).reshape(1, 4);
        NDArray next = manager.create(new double[] {0.1, -1.5, 1.2, 0.4}).reshape(1, 4);
        NDArray data = manager.create(new double[] {0.4, -0.6, 0.3, 0.7}).reshape(1, 4);
        for (Optional<NDArray> past : List.of(Optional.<NDArray>empty(), Optional.of(data))) {
            StoredStep stored = new StoredStep(2, 0, x, next, next, Optional.empty(), Optional.empty(), past);
            NDArray theta = manager.create(new double[] {0});
            theta.setRequiresGradient(true);
            try (Torch.Scope scope = Torch.withGradient()) {
                Transition t = sampler.replay((a, s, c) -> v.add(theta), stored, null);
                Torch.backward(t.logProb());
            }
            double gradient = theta.getGradient().toDoubleArray()[0];
            double step = 1e-5;
            double above = logProb(sampler, stored, v.add(step));
            double below = logProb(sampler, stored, v.sub(step));
            assertThat(gradient).isCloseTo((above - below) / (2 * step), within(1e-7));
            double alone = sampler.replay((a, s, c) -> v.duplicate(), x, 2, null, next)
                    .logProb()
                    .toDoubleArray()[0];
            boolean looksBack = past.isPresent() && rule.looksBack();
            assertThat(logProb(sampler, stored, v) != alone).isEqualTo(looksBack);
        }
    }

    private static double logProb(SdeSampler sampler, StoredStep stored, NDArray v) {
        return sampler.replay((a, s, c) -> v.duplicate(), stored, null)
                .logProb()
                .toDoubleArray()[0];
    }

    @Test
    void aSampleIsTheSameInWhateverChunk() {
        TimeSchedule schedule = new TimeSchedule.Shifted(6, 3);
        SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), schedule);
        try (Trajectory both = rollout(sampler, noise(5, 9), allButLast(schedule));
                Trajectory alone = rollout(sampler, noise(9), allButLast(schedule))) {
            assertThat(both.size()).isEqualTo(2);
            float[] second = both.latents().get(1).toFloatArray();
            float[] single = alone.latents().get(0).toFloatArray();
            for (int i = 0; i < WIDTH; i++) {
                // Equal but for the matrix product's own rounding, which depends on the batch.
                assertThat(single[i]).isCloseTo(second[i], within(1e-5f));
            }
            assertThat(both.latents().get(0).toFloatArray()).isNotEqualTo(second);
        }
        NDArray drawn = noise(5, 9).draw(manager, new Shape(2, 3), 4);
        assertThat(noise(9).draw(manager, new Shape(1, 3), 4).toFloatArray())
                .containsExactly(drawn.get(1).toFloatArray());
        assertThat(noise(9).draw(manager, new Shape(1, 3), 5).toFloatArray())
                .isNotEqualTo(drawn.get(1).toFloatArray());
        assertThat(new SampleNoise(11, 4, List.of(9L))
                        .draw(manager, new Shape(1, 3), 4)
                        .toFloatArray())
                .isNotEqualTo(drawn.get(1).toFloatArray());
    }

    @Test
    void stepsOutsideTheWindowAreTheOdeBitForBit() {
        TimeSchedule schedule = new TimeSchedule.Shifted(8, 3);
        SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), schedule);
        try (Trajectory none = rollout(sampler, noise(4), List.of());
                Trajectory window = rollout(sampler, noise(4), List.of(3, 4))) {
            NDArray initial = noise(4).initial(manager, new Shape(WIDTH));
            OdeSampler ode = new OdeSampler(schedule);
            float[] clean = ode.sample(network, initial, null).toFloatArray();
            assertThat(none.steps()).isEmpty();
            assertThat(none.latents().toFloatArray()).containsExactly(clean);

            assertThat(window.steps()).extracting(StoredStep::step).containsExactly(3, 4);
            assertThat(window.steps().get(1).latents())
                    .isSameAs(window.steps().get(0).next());
            NDArray entry = window.steps().get(0).latents();
            assertThat(ode.sample(network, entry, null, 3, (done, steps) -> true)
                            .toFloatArray())
                    .containsExactly(clean);
            NDArray exit = window.steps().get(1).next();
            assertThat(ode.sample(network, exit, null, 5, (done, steps) -> true).toFloatArray())
                    .containsExactly(window.latents().toFloatArray());
        }
    }

    @Test
    void theLastStepIsCleanUnlessNoiseIsAskedFor() {
        TimeSchedule schedule = new TimeSchedule.Uniform(4);
        SdeRule rule = new SdeRule.FlowGrpo(0.7);
        SdeSampler clean = new SdeSampler(rule, schedule);
        SdeSampler noisy =
                new SdeSampler(new SdeOptions(rule, Likelihood.GAUSSIAN_MEAN, LastStep.NOISY, true), schedule);
        try (Trajectory a = rollout(clean, noise(1), allButLast(schedule));
                Trajectory b = rollout(noisy, noise(1), allButLast(schedule))) {
            assertThat(a.steps()).hasSameSizeAs(b.steps());
            NDArray x = a.steps().get(2).next();
            assertThat(b.steps().get(2).next().toFloatArray()).containsExactly(x.toFloatArray());
            NDArray predicted = x.sub(network.velocity(x, 0.25, null).mul(0.25));
            assertThat(a.latents().toFloatArray()).containsExactly(predicted.toFloatArray(), within(1e-6f));
            NDArray drawn = noise(1).draw(manager, x.getShape(), 3);
            NDArray expected = clean.sample(network, x, 3, null, drawn).next();
            assertThat(b.latents().toFloatArray()).containsExactly(expected.toFloatArray());
            assertThat(a.steps().get(0).mean()).isEmpty();
            NDArray mean = clean.mean(network, b.steps().get(1).latents(), 1, null);
            assertThat(b.steps().get(1).mean().orElseThrow().toFloatArray()).containsExactly(mean.toFloatArray());
        }
        SdeSampler still = new SdeSampler(
                new SdeOptions(new SdeRule.Cps(0.7), Likelihood.GAUSSIAN_MEAN, LastStep.NOISY, false), schedule);
        rollout(still, noise(1), allButLast(schedule)).close();
    }

    @Test
    void nativeMemoryStaysFlatOverManySteps() {
        TimeSchedule schedule = new TimeSchedule.Uniform(300);
        SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), schedule);
        NDArray initial = noise(1, 2).initial(manager, new Shape(WIDTH));
        int before = manager.getManagedArrays().size();
        int[] most = new int[1];
        RolloutPlan plan = new RolloutPlan(List.of(100, 101, 200), noise(1, 2), (done, steps) -> {
            most[0] = Math.max(most[0], manager.getManagedArrays().size() - before);
            return true;
        });
        try (Trajectory trajectory = sampler.rollout(network, initial, null, plan)) {
            // The result, and of the steps 100, 101 and 200: 5 states and 3 log-probabilities.
            assertThat(most[0]).isEqualTo(9);
            assertThat(trajectory.owner().getManagedArrays()).hasSize(9);
            for (StoredStep stored : trajectory.steps()) {
                try (NDManager scratch = manager.newSubManager()) {
                    stored.latents().tempAttach(scratch);
                    sampler.replay(network, stored.latents(), stored.step(), null, stored.next());
                }
            }
            assertThat(trajectory.owner().getManagedArrays()).hasSize(9);
        }
        assertThat(manager.getManagedArrays()).hasSize(before);
        assertThat(initial.toFloatArray())
                .containsExactly(noise(1, 2).initial(manager, new Shape(WIDTH)).toFloatArray());
    }

    @Test
    void aStoppedOrFailedRolloutLeavesNothing() {
        TimeSchedule schedule = new TimeSchedule.Uniform(5);
        SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), schedule);
        NDArray initial = noise(1).initial(manager, new Shape(WIDTH));
        int before = manager.getManagedArrays().size();
        RolloutPlan stopped = new RolloutPlan(List.of(0, 1), noise(1), (done, steps) -> done < 3);
        assertThatThrownBy(() -> sampler.rollout(network, initial, null, stopped))
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("step 3 of 5");
        int[] calls = new int[1];
        VelocityModel failing = (x, sigmas, c) -> {
            if (calls[0]++ == 2) {
                throw new IllegalStateException("broken");
            }
            return network.velocity(x, sigmas, c);
        };
        assertThatThrownBy(() -> sampler.rollout(failing, initial, null, RolloutPlan.of(List.of(0, 1), noise(1))))
                .hasMessage("broken");
        assertThat(manager.getManagedArrays()).hasSize(before);
    }

    @Test
    void wrongArgumentsAreNamed() {
        TimeSchedule schedule = new TimeSchedule.Uniform(5);
        SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), schedule);
        NDArray x = manager.ones(new Shape(1, WIDTH));
        NDArray narrow = manager.ones(new Shape(1, 3));
        assertThatThrownBy(() -> sampler.sample(network, x, 0, null, narrow)).hasMessageContaining("noise has shape");
        assertThatThrownBy(() -> sampler.replay(network, x, 0, null, narrow)).hasMessageContaining("next has shape");
        assertThatThrownBy(() -> sampler.step(5)).hasMessage("step (5) must be in [0, 5).");
        for (List<Integer> steps : List.of(List.of(4), List.of(-1), List.of(2, 1), List.of(1, 1))) {
            assertThatThrownBy(() -> rollout(sampler, noise(1), steps))
                    .as("%s", steps)
                    .hasMessageContaining("must rise and lie in [0, 3]");
        }
        assertThatThrownBy(() -> noise(1, 2).draw(manager, new Shape(3, 4), 0)).hasMessageContaining("2 samples");
    }
}
