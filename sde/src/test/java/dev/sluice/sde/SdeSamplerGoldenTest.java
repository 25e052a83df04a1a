package dev.sluice.sde;

import static dev.sluice.sde.GoldenFile.answering;
import static dev.sluice.sde.GoldenFile.assertRelative;
import static dev.sluice.sde.GoldenFile.assertWithin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.Prediction;
import dev.sluice.flow.Scheduler;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the published code of Flow-GRPO, Flow-CPS and DanceGRPO: fixtures/sde-step and fixtures/extras. */
class SdeSamplerGoldenTest {
    private static final double TOLERANCE = 1e-5;
    private static final double GRADIENT_TOLERANCE = 1e-4;

    private final NDManager manager = Torch.newManager();
    private GoldenFile golden;

    @BeforeEach
    void readGolden() throws IOException {
        golden = GoldenFile.read(manager, "sde-step");
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private void assertStepEqual(GoldenFile file, String name, SdeSampler sampler, int k) {
        String what = "%s, step %s".formatted(name, k);
        NDArray x = file.get(name + ".sample", k);
        var model = answering(file.get(name + ".model_output", k));
        Transition drawn = sampler.sample(model, x, k, null, file.get(name + ".noise", k));
        NDArray next = file.get(name + ".prev_sample", k);
        NDArray logProb = file.get(name + ".log_prob", k);
        assertWithin(drawn.next(), next, TOLERANCE, what);
        assertWithin(drawn.logProb(), logProb, TOLERANCE, what);
        if (file.arrays().containsKey(name + ".mean")) {
            assertWithin(drawn.mean(), file.get(name + ".mean", k), TOLERANCE, what);
        }
        assertWithin(sampler.replay(model, x, k, null, next).logProb(), logProb, TOLERANCE, what + ", replayed");
    }

    @Test
    void theScheduleIsSd3s() {
        TimeSchedule ours = new Scheduler.FlowMatchEuler(3).schedule(10, 0);
        assertThat(ours.sigmas())
                .containsExactly(golden.schedule("schedule.sigmas").sigmas(), within(1e-7));
        float[] times = golden.get("schedule.timesteps").toFloatArray();
        for (int k = 0; k < times.length; k++) {
            assertThat((float) (1000 * ours.sigma(k))).isCloseTo(times[k], within(1e-3f));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"flowgrpo", "sde_video"})
    void flowGrpoOnImagesAndVideo(String name) {
        TimeSchedule schedule = new Scheduler.FlowMatchEuler(3).schedule(10, 0);
        SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), schedule);
        for (int k = 0; k < 10; k++) {
            assertStepEqual(golden, name, sampler, k);
            assertThat(sampler.step(k).diffusion())
                    .isCloseTo(golden.get(name + ".std", k).getFloat(), within(TOLERANCE * 10));
            assertThat(sampler.step(k).sigma())
                    .isCloseTo(golden.get(name + ".sigma", k).getFloat(), within(1e-7));
            assertThat(sampler.step(k).next())
                    .isCloseTo(golden.get(name + ".sigma_prev", k).getFloat(), within(1e-7));
        }
    }

    @Test
    void cps() {
        TimeSchedule schedule = new Scheduler.FlowMatchEuler(3).schedule(10, 0);
        SdeSampler sampler = new SdeSampler(new SdeRule.Cps(0.7), schedule);
        for (int k = 0; k < 10; k++) {
            assertStepEqual(golden, "cps", sampler, k);
            assertThat(sampler.step(k).std()).isCloseTo(golden.get("cps.std", k).getFloat(), within(1e-7));
            assertThat(sampler.step(k).sigma())
                    .isCloseTo(golden.get("cps.sigma", k).getFloat(), within(1e-7));
            assertThat(sampler.step(k).next())
                    .isCloseTo(golden.get("cps.sigma_prev", k).getFloat(), within(1e-7));
        }
    }

    /** Diffusers' {@code stochastic_sampling} keeps the predicted data and draws all noise anew: CPS at its end. */
    @Test
    void cpsThatRenewsAllNoiseIsDiffusersStochasticStep() throws IOException {
        GoldenFile schedules = GoldenFile.read(manager, Path.of("../flow/src/test/resources/fixtures/schedules"));
        SdeSampler sampler = new SdeSampler(new SdeRule.Cps(1), new Scheduler.FlowMatchEuler(3).schedule(4, 0));
        NDArray next = sampler.sample(
                        answering(schedules.get("stochastic.model_output")),
                        schedules.get("stochastic.sample"),
                        0,
                        null,
                        schedules.get("stochastic.noise"))
                .next();
        assertWithin(next, schedules.get("stochastic.prev_sample"), TOLERANCE, "stochastic");
    }

    @Test
    void dance() {
        TimeSchedule schedule = new TimeSchedule.Shifted(16, 3);
        assertThat(schedule.sigmas())
                .containsExactly(golden.schedule("dance.sigmas").sigmas(), within(1e-6));
        SdeSampler sampler = new SdeSampler(new SdeRule.Dance(0.3), schedule);
        for (int k = 0; k < 16; k++) {
            assertStepEqual(golden, "dance", sampler, k);
            NDArray data = Prediction.data(
                    golden.get("dance.sample", k), golden.get("dance.model_output", k), schedule.sigma(k));
            assertWithin(data, golden.get("dance.pred_original", k), TOLERANCE, "predicted data, step " + k);
        }
    }

    @ParameterizedTest
    @CsvSource({"packed.sde", "packed.cps"})
    void packedLatents(String name) throws IOException {
        GoldenFile extras = GoldenFile.read(manager, "extras");
        TimeSchedule schedule = extras.schedule("packed.sigmas");
        SdeRule rule = name.endsWith("sde") ? new SdeRule.FlowGrpo(0.8) : new SdeRule.Cps(0.8);
        for (int k = 0; k < 6; k++) {
            assertStepEqual(extras, name, new SdeSampler(rule, schedule), k);
        }
    }

    /** The training form; the peer takes one step number for each sample, we one for each batch. */
    @ParameterizedTest
    @ValueSource(strings = {"eval", "eval_cps"})
    void gradientsOfAReplay(String name) {
        TimeSchedule schedule = new Scheduler.FlowMatchEuler(3).schedule(10, 0);
        SdeRule rule = name.equals("eval") ? new SdeRule.FlowGrpo(0.7) : new SdeRule.Cps(0.7);
        SdeSampler sampler = new SdeSampler(rule, schedule);
        int[] steps = {0, 5, 9};
        float[] times = golden.get(name + ".timestep").toFloatArray();
        float[] deviations = golden.get(name + ".std").toFloatArray();
        for (int i = 0; i < steps.length; i++) {
            GaussianStep numbers = sampler.step(steps[i]);
            assertThat((float) (1000 * numbers.sigma())).isCloseTo(times[i], within(1e-3f));
            assertThat(name.equals("eval") ? numbers.diffusion() : numbers.std())
                    .isCloseTo(deviations[i], within(TOLERANCE * 10));
            assertGradient(sampler, name, steps[i], new NDIndex("{}:{}", i, i + 1));
        }
    }

    @Test
    void gradientsOfADanceReplay() {
        SdeSampler sampler = new SdeSampler(new SdeRule.Dance(0.3), golden.schedule("dance.sigmas"));
        assertGradient(sampler, "dance_eval", 3, new NDIndex("0:3"));
    }

    private void assertGradient(SdeSampler sampler, String name, int step, NDIndex rows) {
        String what = "%s, step %s".formatted(name, step);
        NDArray velocity = golden.get(name + ".model_output").get(rows);
        velocity.setRequiresGradient(true);
        Transition again;
        try (Torch.Scope scope = Torch.withGradient()) {
            again = sampler.replay(
                    (x, sigmas, c) -> velocity.mul(1f),
                    golden.get(name + ".sample").get(rows),
                    step,
                    null,
                    golden.get(name + ".prev_sample").get(rows));
            Torch.backward(again.logProb(), golden.get(name + ".cotangent").get(rows));
        }
        assertWithin(again.logProb(), golden.get(name + ".log_prob").get(rows), TOLERANCE, what);
        if (golden.arrays().containsKey(name + ".mean")) {
            assertWithin(again.mean(), golden.get(name + ".mean").get(rows), TOLERANCE, what);
        }
        NDArray expected = golden.get(name + ".grad.model_output").get(rows);
        assertRelative(velocity.getGradient(), expected, GRADIENT_TOLERANCE, what);
    }

    @Test
    void eulerStepsAndTheirDensity() {
        TimeSchedule schedule = new Scheduler.FlowMatchEuler(3).schedule(10, 0);
        int k = (int) golden.get("euler.step_index").getLong();
        var model = answering(golden.get("euler.model_output"));
        NDArray x = golden.get("euler.sample");
        NDArray next = new OdeSolver.Euler()
                .step(model, x, new OdeSolver.Position(schedule, k), null, List.of())
                .next();
        assertWithin(next, golden.get("euler.prev_sample"), TOLERANCE, "euler");
        NDArray logProb = new SdeSampler(new SdeRule.FlowGrpo(0.7), schedule)
                .replay(model, x, k, null, golden.get("euler.prev_sample"))
                .logProb();
        assertWithin(logProb, golden.get("euler.log_prob"), TOLERANCE, "euler");

        TimeSchedule dance = golden.schedule("dance.sigmas");
        NDArray ode = new OdeSolver.Euler()
                .step(
                        answering(golden.get("dance_eval.model_output")),
                        golden.get("dance_eval.sample"),
                        new OdeSolver.Position(dance, 3),
                        null,
                        List.of())
                .next();
        assertWithin(ode, golden.get("dance_ode.prev_sample"), TOLERANCE, "dance_ode");
    }
}
