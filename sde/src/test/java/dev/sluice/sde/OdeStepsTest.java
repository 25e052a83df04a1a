package dev.sluice.sde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.OdeSampler;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.Prediction;
import dev.sluice.flow.Scheduler;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.UniPc;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Torch;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The steps between and after stochastic ones. */
class OdeStepsTest {
    private static final int WIDTH = 5;
    private static final OdeSolver EULER = new OdeSolver.Euler();
    private static final OdeSolver DPM = new OdeSolver.DpmSolver2M();
    private static final TimeSchedule SCHEDULE = new TimeSchedule.Shifted(9, 3);

    private final NDManager manager = Torch.newManager();
    private final SampleNoise noise = new SampleNoise(11, 3, List.of(4L, 7L));
    private int calls;

    /** v = tanh(0.7·x + σ) + x/2, whose data is no straight line. */
    private final VelocityModel model = (x, sigmas, conditioning) -> {
        calls++;
        NDArray bent = x.mul(0.7f).add(sigmas.reshape(-1, 1)).tanh();
        return bent.add(x.mul(0.5f));
    };

    static List<OdeSolver> solvers() {
        return List.of(EULER, new OdeSolver.Heun(), new OdeSolver.Midpoint(), DPM);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static OdeSteps tail(OdeSolver solver, OdeSolver after, double ratio) {
        return new OdeSteps(solver, Optional.of(new OdeSteps.Tail(after, ratio)));
    }

    private static SdeSampler sampler(SdeRule rule, OdeSteps ode) {
        SdeOptions options = new SdeOptions(rule, rule.likelihood(), LastStep.ODE, false, false, ode);
        return new SdeSampler(options, SCHEDULE);
    }

    private Trajectory rollout(SdeSampler sampler, Integer... steps) {
        return sampler.rollout(
                model, noise.initial(manager, new Shape(WIDTH)), null, RolloutPlan.of(List.of(steps), noise));
    }

    private static void assertGrid(TimeSchedule schedule, int last, double ratio, double... tail) {
        TimeSchedule grid = tail(EULER, DPM, ratio).grid(schedule, List.of(last));
        assertThat(grid.steps()).isEqualTo(last + 1 + tail.length);
        for (int k = 0; k <= last + 1; k++) {
            assertThat(grid.sigma(k)).isEqualTo(schedule.sigma(k));
        }
        for (int j = 0; j < tail.length; j++) {
            assertThat(grid.sigma(last + 2 + j)).isCloseTo(tail[j], within(1e-6));
        }
        assertThat(grid.sigma(grid.steps())).isZero();
    }

    /** By hand: with 25 steps and p = 3 the levels left are φ₃ of 0.84, 0.72, …, 0.12, 0. */
    @Test
    void aTailHasFewerLevelsOfTheGridsOwnFunction() {
        TimeSchedule published = new TimeSchedule.Shifted(25, 3);
        assertGrid(published, 3, 0.4, 0.885246, 0.818182, 0.734694, 0.627907, 0.486486, 0.290323, 0);
        assertGrid(TimeSchedule.of(published.sigmas()), 3, 0.2, 0.792453, 0.538462, 0);
        TimeSchedule even = new TimeSchedule.Uniform(8);
        assertGrid(even, 2, 0.4, 0);
        assertGrid(even, 2, 0.6, 0.3125, 0);
        assertGrid(even, 2, 0.5, 0.3125, 0);
        assertGrid(even, 5, 0.6, 0);
        assertGrid(even, 6, 0.1, 0);
        assertGrid(even, 0, 1e-6, 0);
        // 0.29·100 is 28.999… in binary.
        assertThat(new OdeSteps.Tail(DPM, 0.29).steps(102, 2)).isEqualTo(28);
    }

    @Test
    void aWholeTailIsTheGridAndWithoutNoiseThereIsNone() {
        for (TimeSchedule schedule : List.of(SCHEDULE, new Scheduler.FlowMatchEuler(3).schedule(10, 0))) {
            for (int last = 0; last < schedule.steps() - 1; last++) {
                assertThat(tail(EULER, DPM, 1).grid(schedule, List.of(last)).sigmas())
                        .containsExactly(schedule.sigmas());
            }
            assertThat(tail(EULER, DPM, 0.1).grid(schedule, List.of())).isSameAs(schedule);
            assertThat(OdeSteps.EULER.grid(schedule, List.of(2))).isSameAs(schedule);
        }
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void withoutNoiseARolloutIsTheSolversBitForBit(OdeSolver solver) {
        NDArray initial = noise.initial(manager, new Shape(WIDTH));
        float[] expected =
                new OdeSampler(solver, SCHEDULE).sample(model, initial, null).toFloatArray();
        OdeSteps ode = new OdeSteps(solver, Optional.empty());
        try (Trajectory trajectory = rollout(sampler(new SdeRule.FlowGrpo(0.7), ode))) {
            assertThat(trajectory.latents().toFloatArray()).containsExactly(expected);
        }
    }

    /** A step of CPS without noise is the first step of the solver, so that all of the rollout is its. */
    @Test
    void aWholeTailIsTheSolverOnTheWholeGrid() {
        NDArray initial = noise.initial(manager, new Shape(WIDTH));
        float[] expected =
                new OdeSampler(DPM, SCHEDULE).sample(model, initial, null).toFloatArray();
        try (Trajectory whole = rollout(sampler(new SdeRule.Cps(0), tail(EULER, DPM, 1)), 0);
                Trajectory euler = rollout(sampler(new SdeRule.Cps(0), OdeSteps.EULER), 0)) {
            assertThat(whole.latents().toFloatArray()).containsExactly(expected, within(1e-6f));
            assertThat(whole.latents().sub(euler.latents()).abs().max().getFloat())
                    .isGreaterThan(1e-3f);
        }
    }

    /** After the window the solver goes on from what the last stochastic step has predicted, on the levels that are walked. */
    @Test
    void theTailLooksBackAtTheLastStochasticStep() {
        SdeRule rule = new SdeRule.FlowGrpo(0.7);
        try (Trajectory whole = rollout(sampler(rule, tail(EULER, DPM, 1)), 2, 3);
                Trajectory same = rollout(sampler(rule, tail(EULER, DPM, 1)), 2, 3);
                Trajectory flash = rollout(sampler(rule, tail(EULER, DPM, 0.4)), 2, 3)) {
            assertThat(whole.latents().toFloatArray())
                    .containsExactly(same.latents().toFloatArray());
            assertThat(flash.schedule().steps()).isEqualTo(5);
            for (Trajectory trajectory : List.of(whole, flash)) {
                StoredStep last = trajectory.steps().get(1);
                assertThat(last.next().toFloatArray())
                        .containsExactly(whole.steps().get(1).next().toFloatArray());
                double sigma = SCHEDULE.sigma(3);
                NDArray x = last.next();
                List<NDArray> memory =
                        List.of(Prediction.data(last.latents(), model.velocity(last.latents(), sigma, null), sigma));
                for (int k = 4; k < trajectory.schedule().steps(); k++) {
                    OdeSolver.Step step =
                            DPM.step(model, x, new OdeSolver.Position(trajectory.schedule(), k), null, memory);
                    x = step.next();
                    memory = step.memory();
                }
                assertThat(trajectory.latents().toFloatArray()).containsExactly(x.toFloatArray(), within(2e-6f));
            }
        }
    }

    @Test
    void replayGivesRatioOneWhateverTheOtherStepsAre() {
        for (SdeRule rule :
                List.of(new SdeRule.FlowGrpo(0.7), new SdeRule.Wan(), new SdeRule.Cps(0.7), new SdeRule.SdeDpm(2))) {
            for (OdeSteps ode : List.of(tail(DPM, DPM, 0.4), tail(new OdeSolver.Heun(), EULER, 0.7))) {
                SdeSampler sampler = sampler(rule, ode);
                for (Integer[] window : new Integer[][] {{0, 1, 2}, {3, 4}, {6, 7}, {1, 5}}) {
                    try (Trajectory trajectory = rollout(sampler, window)) {
                        assertThat(trajectory.steps())
                                .extracting(StoredStep::step)
                                .containsExactly(window);
                        for (StoredStep stored : trajectory.steps()) {
                            Transition again = sampler.replay(model, SdeSamplerTest.decoded(manager, stored), null);
                            assertThat(again.logProb().toFloatArray())
                                    .as("%s, %s, step %s", rule, ode, stored.step())
                                    .containsExactly(stored.logProb().toFloatArray());
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void theNumberOfCallsIsKnownBefore(OdeSolver solver) {
        for (OdeSteps ode : List.of(
                new OdeSteps(solver, Optional.empty()),
                tail(solver, DPM, 0.4),
                tail(EULER, solver, 0.6),
                tail(solver, solver, 1))) {
            for (Integer[] window : new Integer[][] {{}, {0, 1, 2}, {3, 4}, {1, 5}, {0, 1, 2, 3, 4, 5, 6, 7}}) {
                calls = 0;
                rollout(sampler(new SdeRule.FlowGrpo(0.7), ode), window).close();
                assertThat(ode.evaluations(SCHEDULE.steps(), List.of(window)))
                        .as("%s, window %s", ode, List.of(window))
                        .isEqualTo(calls);
            }
        }
        // MixGRPO-Flash with 25 steps: 4 with noise, and 7 in the place of 21.
        assertThat(tail(EULER, DPM, 0.4).evaluations(25, List.of(0, 1, 2, 3))).isEqualTo(11);
    }

    @Test
    void whatAStepLooksBackAtIsKeptWithIt() {
        SdeRule rule = new SdeRule.SdeDpm(2);
        Integer[] all = IntStream.range(0, 8).boxed().toArray(Integer[]::new);
        NDArray initial = noise.initial(manager, new Shape(WIDTH));
        try (Trajectory trajectory =
                sampler(rule, OdeSteps.EULER).rollout(model, initial, null, RolloutPlan.of(List.of(all), noise))) {
            List<StoredStep> steps = trajectory.steps();
            assertThat(steps).extracting(step -> step.past().isPresent()).startsWith(false, false, true);
            for (int k = 2; k < 8; k++) {
                double sigma = SCHEDULE.sigma(k - 1);
                NDArray x = steps.get(k - 1).latents();
                float[] expected = Prediction.data(x, model.velocity(x, sigma, null), sigma)
                        .toFloatArray();
                assertThat(steps.get(k).past().orElseThrow().toFloatArray()).containsExactly(expected, within(1e-5f));
            }
        }
        // A step by a method that keeps nothing is a new beginning. The result, four states and three
        // log-probabilities, and pasts.
        try (Trajectory plain = rollout(sampler(rule, OdeSteps.EULER), 4, 5, 6);
                Trajectory multistep = rollout(sampler(rule, new OdeSteps(DPM, Optional.empty())), 4, 5, 6)) {
            assertThat(plain.steps())
                    .extracting(step -> step.past().isPresent())
                    .containsExactly(false, true, true);
            assertThat(plain.owner().getManagedArrays()).hasSize(10);
            assertThat(multistep.steps()).allMatch(step -> step.past().isPresent());
            assertThat(multistep.owner().getManagedArrays()).hasSize(11);
        }
        try (Trajectory first = rollout(sampler(new SdeRule.SdeDpm(1), OdeSteps.EULER), 4, 5, 6);
                Trajectory ddim = rollout(sampler(new SdeRule.Ddim(1), OdeSteps.EULER), 4, 5, 6)) {
            assertThat(first.latents().toFloatArray())
                    .containsExactly(ddim.latents().toFloatArray());
            assertThat(first.owner().getManagedArrays()).hasSize(8);
        }
    }

    /** The guide is shown the data that the velocity predicts, not what else is in the mean. */
    @Test
    void aGuideOfTheSecondOrderIsShownTheData() {
        SdeSampler sampler = sampler(new SdeRule.SdeDpm(2), OdeSteps.EULER);
        float[][] shown = new float[9][];
        RolloutPlan plan = RolloutPlan.of(List.of(3, 4, 5), noise).guidedBy((x, data, step, numbers) -> {
            shown[step] = data.toFloatArray();
            return Optional.of(data.mul(0.1f));
        });
        NDArray initial = noise.initial(manager, new Shape(WIDTH));
        try (Trajectory led = sampler.rollout(model, initial, null, plan)) {
            for (StoredStep stored : led.steps()) {
                double sigma = SCHEDULE.sigma(stored.step());
                NDArray x = stored.latents();
                float[] expected = Prediction.data(x, model.velocity(x, sigma, null), sigma)
                        .toFloatArray();
                assertThat(shown[stored.step()]).containsExactly(expected, within(1e-5f));
                assertThat(sampler.replay(model, stored, null).logProb().toFloatArray())
                        .containsExactly(stored.logProb().toFloatArray());
            }
        }
    }

    @Test
    void whatCannotBeIsRefused() {
        assertThatThrownBy(() -> new OdeSteps(new UniPc(), Optional.empty())).hasMessageContaining("solver (unipc)");
        assertThatThrownBy(() -> new OdeSteps.Tail(new UniPc(), 0.4)).hasMessageContaining("solver (unipc)");
        assertThatThrownBy(() -> new OdeSteps.Tail(DPM, 0)).hasMessageContaining("ratio (0.0)");
        assertThatThrownBy(() -> new OdeSteps.Tail(DPM, 1.1)).hasMessageContaining("ratio (1.1)");
        assertThatThrownBy(() -> new OdeSteps.Tail(DPM, Double.NaN)).hasMessageContaining("ratio (NaN)");
        assertThatThrownBy(() -> new SdeOptions(
                        new SdeRule.Dance(0.3),
                        Likelihood.GAUSSIAN_MEAN,
                        LastStep.NOISY,
                        false,
                        false,
                        tail(EULER, DPM, 0.4)))
                .hasMessageContaining("lastStep (NOISY) must be ODE");
    }
}
