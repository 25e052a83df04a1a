package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OdeSamplerTest {
    private static final GaussianWorld WORLD = new GaussianWorld(0.7, 0.4);

    private final NDManager manager = Torch.newManager();

    @AfterEach
    void close() {
        manager.close();
    }

    private double error(OdeSolver solver, TimeSchedule schedule) {
        NDArray noise = manager.create(new double[] {1.3});
        NDArray clean = new OdeSampler(solver, schedule).sample(WORLD, noise, null);
        return Math.abs(clean.getDouble() - WORLD.clean(1.3));
    }

    /** Errors measured by an independent script in double precision, to three digits. */
    @ParameterizedTest
    @CsvSource({
        "20, 4.10e-2, 3.38e-3, 2.21e-5, 5.95e-3",
        "40, 2.09e-2, 8.08e-4, 2.77e-6, 3.37e-3",
        "80, 1.05e-2, 1.97e-4, 3.46e-7, 1.18e-3",
        "320, 2.66e-3, 1.21e-5, 5.41e-9, 1.08e-4",
    })
    void errorsInTheGaussianWorld(int steps, double euler, double heun, double midpoint, double multistep) {
        TimeSchedule schedule = new TimeSchedule.Uniform(steps);
        assertThat(error(new OdeSolver.Euler(), schedule)).isCloseTo(euler, within(0.02 * euler));
        assertThat(error(new OdeSolver.Heun(), schedule)).isCloseTo(heun, within(0.02 * heun));
        assertThat(error(new OdeSolver.Midpoint(), schedule)).isCloseTo(midpoint, within(0.02 * midpoint));
        assertThat(error(new OdeSolver.DpmSolver2M(), schedule)).isCloseTo(multistep, within(0.02 * multistep));
    }

    @Test
    void everySolverReachesTheDataOnEveryGrid() {
        for (OdeSolver solver : List.of(
                new OdeSolver.Euler(),
                new OdeSolver.Heun(),
                new OdeSolver.Midpoint(),
                new OdeSolver.DpmSolver2M(),
                new OdeSolver.DpmSolver2M(OdeSolver.DpmSolver2M.Form.HEUN),
                new UniPc(1, UniPc.Form.BH2),
                new UniPc())) {
            for (TimeSchedule schedule : List.of(
                    new TimeSchedule.Uniform(1),
                    new TimeSchedule.Uniform(2),
                    new Scheduler.FlowMatchEuler(3).schedule(40, 0),
                    new Scheduler.FlowUniPc(1000, 5).schedule(40, 0),
                    new TimeSchedule.Shifted(60, 3))) {
                double most = schedule.steps() < 3 ? 1 : 0.1;
                assertThat(error(solver, schedule))
                        .as("%s, %s", solver, schedule)
                        .isLessThan(most);
            }
            double coarse = error(solver, new TimeSchedule.Uniform(100));
            double fine = error(solver, new TimeSchedule.Uniform(400));
            assertThat(fine).as("%s", solver).isLessThan(coarse / 3.5);
        }
    }

    @Test
    void oneMultistepStepEqualsThePublishedNumbers() {
        NDArray x = manager.create(new double[] {0.5, -1, 0.25, 2});
        NDArray v = manager.create(new double[] {-0.3, 0.8, -1.2, 0.1});
        NDArray previous = manager.create(new double[] {0.6, -1.4, 1, 1.8});
        TimeSchedule schedule = TimeSchedule.of(0.85, 0.7, 0.5, 0);
        VelocityModel constant = stored(v);
        OdeSolver.Step step = new OdeSolver.DpmSolver2M()
                .step(constant, x, new OdeSolver.Position(schedule, 1), null, List.of(previous));
        assertThat(step.next().toDoubleArray())
                .containsExactly(new double[] {0.575005785, -1.181826596, 0.50227746, 1.997734109}, within(1e-8));
        assertThat(step.memory().get(0).toDoubleArray())
                .containsExactly(new double[] {0.71, -1.56, 1.09, 1.93}, within(1e-12));
        NDArray euler = new OdeSolver.Euler()
                .step(constant, x, new OdeSolver.Position(schedule, 1), null, List.of())
                .next();
        assertThat(euler.toDoubleArray()).containsExactly(new double[] {0.56, -1.16, 0.49, 1.98}, within(1e-12));
    }

    private static VelocityModel stored(NDArray velocity) {
        return new VelocityModel() {
            @Override
            public NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning) {
                NDArray copy = velocity.duplicate();
                copy.attach(latents.getManager());
                return copy;
            }

            @Override
            public NDArray velocity(NDArray latents, double sigma, Conditioning conditioning) {
                return velocity(latents, null, conditioning);
            }
        };
    }

    private Map<String, NDArray> golden() throws IOException {
        try (SafetensorsFile file = SafetensorsFile.open(Fixtures.path("schedules/golden.safetensors"))) {
            Map<String, NDArray> arrays = new HashMap<>();
            for (String name : file.names()) {
                arrays.put(name, file.read(manager, name));
            }
            return arrays;
        }
    }

    /** FlowMatchEulerDiscreteScheduler.step with stochastic_sampling; a velocity of 0 shows the noise. */
    @Test
    void aStochasticStepEqualsDiffusersButForItsNoise() throws IOException {
        Map<String, NDArray> golden = golden();
        TimeSchedule schedule = new Scheduler.FlowMatchEuler(3).schedule(4, 0);
        OdeSolver.Position at = new OdeSolver.Position(schedule, 0);
        NDArray x = golden.get("stochastic.sample");
        NDArray none = x.zerosLike();
        NDArray kept = Torch.scaled(x, 1 - at.next());
        NDArray noise = new OdeSolver.Stochastic()
                .step(stored(none), x, at, null, List.of())
                .next()
                .sub(kept);
        NDArray next = new OdeSolver.Stochastic()
                .step(stored(golden.get("stochastic.model_output")), x, at, null, List.of())
                .next();
        NDArray theirs =
                golden.get("stochastic.prev_sample").sub(Torch.scaled(golden.get("stochastic.noise"), at.next()));
        assertClose(next.sub(noise), theirs, 1e-5);
    }

    /** ẑ = m + g·(x − (1 − σ)m) with g = (1 − σ)τ²/S, so that a step makes (1 − σ')²g²V + σ'² of the variance V. */
    @ParameterizedTest
    @ValueSource(ints = {2, 10, 40})
    void stochasticStepsKeepTheMeanAndLoseVarianceAsTheirClosedFormSays(int steps) {
        NDArray noise = NoiseSource.of(4).gaussian(manager, new Shape(20, 1000));
        TimeSchedule schedule = new Scheduler.FlowMatchEuler(3).schedule(steps, 0);
        double expected = 1;
        for (int k = 0; k < steps; k++) {
            double sigma = schedule.sigma(k);
            double next = schedule.sigma(k + 1);
            double gain = (1 - sigma) * 0.16 / ((1 - sigma) * (1 - sigma) * 0.16 + sigma * sigma);
            expected = (1 - next) * (1 - next) * gain * gain * expected + next * next;
        }
        double[] clean = doubles(new OdeSampler(new OdeSolver.Stochastic(), schedule).sample(WORLD, noise, null));
        double mean = Arrays.stream(clean).average().orElseThrow();
        double variance =
                Arrays.stream(clean).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
        assertThat(mean).isCloseTo(0.7, within(0.01));
        assertThat(variance / expected).isCloseTo(1, within(0.05));
        assertThat(expected).isLessThan(0.16);
    }

    @Test
    void aSamplesStochasticNoiseIsItsOwnInAnyBatchAndNewInEveryStep() {
        NDArray noise = NoiseSource.of(4).gaussian(manager, new Shape(3, 50));
        OdeSampler sampler = new OdeSampler(new OdeSolver.Stochastic(), new TimeSchedule.Uniform(4));
        NDArray all = sampler.sample(WORLD, noise, null);
        for (int row = 0; row < 3; row++) {
            NDArray alone = sampler.sample(WORLD, noise.get(row + ":" + (row + 1)), null);
            assertThat(alone.toFloatArray()).isEqualTo(all.get(row).toFloatArray());
        }
        assertThat(all.get(0).toFloatArray()).isNotEqualTo(all.get(1).toFloatArray());
        List<float[]> steps = new ArrayList<>();
        NDArray x = noise;
        List<NDArray> memory = List.of();
        for (int k = 0; k < 2; k++) {
            OdeSolver.Position at = new OdeSolver.Position(new TimeSchedule.Uniform(4), k);
            OdeSolver.Step step = new OdeSolver.Stochastic().step(stored(x.zerosLike()), x, at, null, memory);
            steps.add(Torch.scaled(step.next().sub(Torch.scaled(x, 1 - at.next())), 1 / at.next())
                    .toFloatArray());
            memory = step.memory();
        }
        double product = 0;
        for (int i = 0; i < steps.get(0).length; i++) {
            product += steps.get(0)[i] * steps.get(1)[i];
        }
        assertThat(product / steps.get(0).length).isCloseTo(0, within(0.3));
    }

    private static double[] doubles(NDArray array) {
        float[] values = array.toFloatArray();
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    /** FlowMatchEulerDiscreteScheduler.step over four stored velocities. */
    @Test
    void eulerRunEqualsDiffusers() throws IOException {
        Map<String, NDArray> golden = golden();
        TimeSchedule schedule = new Scheduler.FlowMatchEuler(3).schedule(4, 0);
        NDArray x = golden.get("euler_run.initial");
        for (int k = 0; k < 4; k++) {
            VelocityModel velocity = stored(golden.get("euler_run.model_output").get(k));
            x = new OdeSolver.Euler()
                    .step(velocity, x, new OdeSolver.Position(schedule, k), null, List.of())
                    .next();
            assertClose(x, golden.get("euler_run.sample").get(k), 1e-6);
        }
    }

    /** UniPCMultistepScheduler.step over ten stored velocities, order 2, bh2. */
    @ParameterizedTest
    @ValueSource(ints = {3, 5})
    void uniPcRunEqualsDiffusers(int shift) throws IOException {
        Map<String, NDArray> golden = golden();
        String run = "unipc_run" + shift;
        TimeSchedule schedule = new Scheduler.FlowUniPc(1000, shift).schedule(10, 0);
        NDArray x = golden.get(run + ".initial");
        List<NDArray> memory = List.of();
        for (int k = 0; k < 10; k++) {
            VelocityModel velocity = stored(golden.get(run + ".model_output").get(k));
            OdeSolver.Step step = new UniPc().step(velocity, x, new OdeSolver.Position(schedule, k), null, memory);
            x = step.next();
            memory = step.memory();
            assertClose(x, golden.get(run + ".sample").get(k), 2e-5);
        }
    }

    @Test
    void uniPcsCorrectorIsWorthMoreThanAQuarterOfTheError() {
        assertThat(error(new UniPc(), new TimeSchedule.Uniform(320)))
                .isLessThan(error(new OdeSolver.DpmSolver2M(), new TimeSchedule.Uniform(320)) / 4);
    }

    @Test
    void forwardNoisingEqualsDiffusers() throws IOException {
        Map<String, NDArray> golden = golden();
        NDArray sigmas = golden.get("scale_noise.timestep").div(1000f);
        NDArray noised = Prediction.noised(golden.get("scale_noise.sample"), golden.get("scale_noise.noise"), sigmas);
        assertClose(noised, golden.get("scale_noise.out"), 1e-6);
    }

    private static void assertClose(NDArray actual, NDArray expected, double relative) {
        double error = actual.sub(expected).abs().max().getFloat();
        assertThat(error).isLessThanOrEqualTo(relative * expected.abs().max().getFloat());
    }

    @Test
    void predictionsRecombineToTheLatents() {
        NDArray x = NoiseSource.of(1).gaussian(manager, new Shape(3, 5));
        NDArray v = NoiseSource.of(2).gaussian(manager, new Shape(3, 5));
        for (double sigma : new double[] {1, 0.7, 0.2, 0.01}) {
            NDArray data = Prediction.data(x, v, sigma);
            NDArray noise = Prediction.noise(x, v, sigma);
            assertClose(data.mul(1 - sigma).add(noise.mul(sigma)), x, 1e-6);
            assertClose(noise.sub(data), v, 1e-6);
            assertClose(Prediction.velocityFromData(x, data, sigma), v, 2e-4);
            if (sigma < 1) {
                assertClose(Prediction.velocityFromNoise(x, noise, sigma), v, 2e-5);
            }
        }
    }

    @Test
    void aRunCanStartLaterAndCanBeStopped() {
        TimeSchedule schedule = new TimeSchedule.Uniform(6);
        NDArray noise = manager.create(new double[] {0.3, -2});
        OdeSampler sampler = new OdeSampler(schedule);
        List<Integer> heard = new ArrayList<>();
        NDArray whole = sampler.sample(WORLD, noise, null, 0, (done, steps) -> heard.add(done));
        assertThat(heard).containsExactly(1, 2, 3, 4, 5, 6);
        NDArray half = noise;
        for (int k = 0; k < 3; k++) {
            half = new OdeSolver.Euler()
                    .step(WORLD, half, new OdeSolver.Position(schedule, k), null, List.of())
                    .next();
        }
        NDArray rest = sampler.sample(WORLD, half, null, 3, StepListener.NONE);
        assertThat(rest.toDoubleArray()).containsExactly(whole.toDoubleArray());
        assertThat(noise.toDoubleArray()).containsExactly(0.3, -2);
        assertThatThrownBy(() -> sampler.sample(WORLD, noise, null, 0, (done, steps) -> done < 2))
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("step 2 of 6");
        assertThat(noise.toDoubleArray()).containsExactly(0.3, -2);
    }

    @Test
    void nativeMemoryStaysFlat() {
        NDArray noise = NoiseSource.of(5).gaussian(manager, new Shape(2, 3));
        int before = manager.getManagedArrays().size();
        for (OdeSolver solver : List.of(new OdeSolver.Heun(), new OdeSolver.DpmSolver2M(), new UniPc())) {
            try (NDManager owner = manager.newSubManager()) {
                NDArray mine = noise.duplicate();
                mine.attach(owner);
                int[] most = new int[1];
                NDArray clean = new OdeSampler(solver, new TimeSchedule.Uniform(300))
                        .sample(WORLD, mine, null, 0, (done, steps) -> {
                            most[0] = Math.max(most[0], owner.getManagedArrays().size());
                            return true;
                        });
                assertThat(clean.getManager()).isSameAs(owner);
                int remembered = solver instanceof UniPc ? 3 : solver instanceof OdeSolver.DpmSolver2M ? 1 : 0;
                assertThat(most[0]).as("noise, state, memory").isEqualTo(2 + remembered);
                assertThat(owner.getManagedArrays()).hasSize(2);
            }
        }
        assertThat(manager.getManagedArrays()).hasSize(before);
    }
}
