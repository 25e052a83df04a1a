package dev.sluice.sde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.Scheduler;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Torch;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules' numbers against independent double-precision scripts and closed forms. */
class SdeRuleTest {
    private static final double[] X = {0.5, -1, 0.25, 2};
    private static final double[] V = {-0.3, 0.8, -1.2, 0.1};
    private static final double[] N = {0.1, -0.2, 0.3, -0.4};

    /** One step from 0.7 to 0.5, or from 1 to 0.96. */
    record Row(
            SdeRule rule, TimeSchedule schedule, int step, double std, double[] mean, double[] next, double logProb) {}

    private static final TimeSchedule MIDDLE = TimeSchedule.of(0.96, 0.7, 0.5, 0);

    private static TimeSchedule wan() {
        // Levels whose second entry is 0.96; the last is 0 here, unlike the published row's 0.02.
        return TimeSchedule.of(1, 0.96, 0.7, 0.5, 0);
    }

    static List<Row> rows() {
        return List.of(
                new Row(
                        new SdeRule.FlowGrpo(0.7),
                        MIDDLE,
                        1,
                        0.478191036,
                        new double[] {0.493033333, -1.035866667, 0.507966667, 1.648433333},
                        new double[] {0.540852437, -1.131504874, 0.651423977, 1.457156919},
                        -0.218693563),
                new Row(
                        new SdeRule.FlowGrpo(0.7),
                        wan(),
                        0,
                        0.7,
                        new double[] {0.3895, -0.787, 0.23675, 1.506},
                        new double[] {0.4595, -0.927, 0.44675, 1.226},
                        -0.599763589),
                new Row(
                        new SdeRule.Dance(0.3),
                        MIDDLE,
                        1,
                        0.134164079,
                        new double[] {0.554728571, -1.150228571, 0.491414286, 1.9539},
                        new double[] {0.568144979, -1.177061387, 0.531663509, 1.900234369},
                        1.052253227),
                new Row(
                        new SdeRule.Table(List.of(9.0, 0.678, 9.0)),
                        MIDDLE,
                        1,
                        0.303210818,
                        new double[] {0.533075651, -1.110091451, 0.497223606, 1.84669164},
                        new double[] {0.563396733, -1.170733615, 0.588186851, 1.725407313},
                        0.236888414),
                new Row(
                        new SdeRule.Cps(0.7),
                        MIDDLE,
                        1,
                        0.445503262,
                        new double[] {0.448068052, -0.95251639, 0.520030523, 1.425800357},
                        new double[] {0.492618379, -1.041617042, 0.653681501, 1.247599052},
                        -0.014885487),
                new Row(
                        new SdeRule.Ddim(1),
                        MIDDLE,
                        1,
                        0.451753951,
                        new double[] {0.442857143, -0.942857143, 0.521428571, 1.4},
                        new double[] {0.488032538, -1.033207933, 0.656954757, 1.219298419},
                        -0.161820931),
                new Row(
                        new SdeRule.SdeDpm(1),
                        MIDDLE,
                        1,
                        0.451753951,
                        new double[] {0.442857143, -0.942857143, 0.521428571, 1.4},
                        new double[] {0.488032538, -1.033207933, 0.656954757, 1.219298419},
                        -0.161820931));
    }

    private final NDManager manager = Torch.newManager();

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray array(double... values) {
        return manager.create(values).reshape(1, values.length);
    }

    private VelocityModel constant(double... velocity) {
        return (x, sigmas, c) -> array(velocity);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void oneStepEqualsThePublishedNumbers(Row row) {
        SdeSampler sampler = new SdeSampler(row.rule(), row.schedule());
        assertThat(sampler.step(row.step()).std()).isCloseTo(row.std(), within(1e-9));
        Transition t = sampler.sample(constant(V), array(X), row.step(), null, array(N));
        assertThat(t.mean().toDoubleArray()).containsExactly(row.mean(), within(1e-8));
        assertThat(t.next().toDoubleArray()).containsExactly(row.next(), within(1e-8));
        assertThat(t.logProb().toDoubleArray()).containsExactly(new double[] {row.logProb()}, within(1e-8));
    }

    /** From 0.85 over 0.7 to 0.5, where 0.85 has predicted [0.6, −1.4, 1, 1.8]. */
    @ParameterizedTest
    @CsvSource({
        "MIDPOINT, 0.464293978, -0.974037994, 0.538967800, 1.425334442",
        "HEUN, 0.470077154, -0.982449886, 0.543699490, 1.432169104"
    })
    void theSecondOrderEqualsThePublishedNumbers(
            OdeSolver.DpmSolver2M.Form form, double first, double second, double third, double fourth) {
        SdeSampler sampler = new SdeSampler(new SdeRule.SdeDpm(2, form), TimeSchedule.of(0.85, 0.7, 0.5, 0));
        NDArray next = array(N);
        StoredStep stored = new StoredStep(
                1, 0, array(X), next, next, Optional.empty(), Optional.empty(), Optional.of(array(0.6, -1.4, 1, 1.8)));
        double[] expected = {first, second, third, fourth};
        Transition t = sampler.replay(constant(V), stored, null);
        assertThat(t.std()).isCloseTo(0.451753951, within(1e-9));
        assertThat(t.mean().toDoubleArray()).containsExactly(expected, within(1e-8));
        assertThat(sampler.mean(constant(V), stored, null).toDoubleArray()).containsExactly(expected, within(1e-8));
        double square = 0;
        for (int i = 0; i < N.length; i++) {
            square += (N[i] - expected[i]) * (N[i] - expected[i]) / N.length;
        }
        double logProb = -square / (2 * t.std() * t.std()) - Math.log(t.std()) - 0.5 * Math.log(2 * Math.PI);
        assertThat(t.logProb().toDoubleArray()[0]).isCloseTo(logProb, within(1e-8));
        assertThat(sampler.step(stored).data(array(X), t.mean(), stored.past()).toDoubleArray())
                .containsExactly(new double[] {0.71, -1.56, 1.09, 1.93}, within(1e-8));
        NDArray alone = sampler.mean(constant(V), array(X), 1, null);
        assertThat(alone.toDoubleArray())
                .as("without a past")
                .containsExactly(new double[] {0.442857143, -0.942857143, 0.521428571, 1.4}, within(1e-8));
    }

    @Test
    void theSecondOrderFallsBackToTheFirst() {
        SdeRule rule = new SdeRule.SdeDpm(2);
        for (TimeSchedule schedule : List.of(new TimeSchedule.Shifted(9, 3), new TimeSchedule.Uniform(2))) {
            for (int k = 0; k < schedule.steps(); k++) {
                GaussianStep first = new SdeRule.Ddim(1).at(schedule, k);
                assertThat(rule.at(schedule, k)).isEqualTo(first);
                assertThat(new SdeRule.SdeDpm(1).continued(schedule, k)).isEqualTo(first);
                // At the second step what is before has no weight, for λ is −∞ there; at the last step λ' is ∞.
                boolean plain = k < 2 || k == schedule.steps() - 1;
                assertThat(rule.continued(schedule, k).equals(first)).isEqualTo(plain);
                assertThat(rule.continued(schedule, k).std()).isEqualTo(first.std());
            }
        }
    }

    @Test
    void wanTakesItsEndsFromTheGrid() {
        TimeSchedule schedule = wan();
        for (int k = 0; k < schedule.steps(); k++) {
            assertThat(new SdeRule.Wan().at(schedule, k).diffusion())
                    .isCloseTo(0.96 * schedule.sigma(k), within(1e-12));
        }
    }

    /** The effect of δv = [0.01, −0.02, 0.03, 0] on the Flow-SDE row. */
    @Test
    void aPolicyChangeMovesRatioAndDivergenceAsPublished() {
        SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), MIDDLE);
        GaussianStep step = sampler.step(1);
        assertThat(step.velocityWeight()).isCloseTo(-0.249, within(1e-12));
        assertThat(step.diffusion()).isCloseTo(1.069267662, within(1e-9));
        Transition before = sampler.sample(constant(V), array(X), 1, null, array(N));
        Transition after = sampler.replay(constant(-0.29, 0.78, -1.17, 0.1), array(X), 1, null, before.next());
        double logProb = after.logProb().toDoubleArray()[0];
        assertThat(logProb).isCloseTo(-0.220563506, within(1e-9));
        assertThat(Math.exp(logProb - before.logProb().toDoubleArray()[0])).isCloseTo(0.998131804, within(1e-9));
        double exact =
                KlForm.EXACT.divergence(after.mean(), before.mean(), step).toDoubleArray()[0];
        assertThat(exact).isCloseTo(4.744974490e-5, within(1e-13));
        assertThat(KlForm.VELOCITY.divergence(after.mean(), before.mean(), step).toDoubleArray()[0])
                .as("mean of (0.01², 0.02², 0.03², 0)")
                .isCloseTo(3.5e-4, within(1e-12));
        double diffusionOnly = KlForm.DIFFUSION_ONLY.divergence(after.mean(), before.mean(), step)
                .toDoubleArray()[0];
        assertThat(diffusionOnly).isCloseTo(9.489948979e-6, within(1e-14));
        double delta = 0.0001 + 0.0004 + 0.0009;
        double b = step.velocityWeight();
        assertThat(exact).isCloseTo(b * b * delta / 4 / (2 * step.diffusion() * step.diffusion() * 0.2), within(1e-12));
    }

    @Test
    void noNoiseIsTheOdeStep() {
        SplittableRandom random = new SplittableRandom(9);
        for (int i = 0; i < 20; i++) {
            TimeSchedule schedule = new TimeSchedule.Shifted(random.nextInt(2, 30), random.nextDouble(0.5, 6));
            List<Double> zeros =
                    IntStream.range(0, schedule.steps()).mapToObj(k -> 0.0).toList();
            for (SdeRule rule : List.of(
                    new SdeRule.FlowGrpo(0),
                    new SdeRule.Dance(0),
                    new SdeRule.Table(zeros),
                    new SdeRule.Cps(0),
                    new SdeRule.Ddim(0))) {
                for (int k = 0; k < schedule.steps(); k++) {
                    GaussianStep step = rule.at(schedule, k);
                    assertThat(step.std()).isZero();
                    assertThat(step.stochastic()).isFalse();
                    assertThat(step.latentWeight()).as("%s", rule).isCloseTo(1, within(1e-12));
                    assertThat(step.velocityWeight()).as("%s", rule).isCloseTo(-step.length(), within(1e-12));
                }
            }
        }
    }

    @Test
    void everyRuleIsFiniteAtPureNoiseAndInTheLastStep() {
        for (TimeSchedule schedule : List.of(
                new TimeSchedule.Uniform(1),
                new TimeSchedule.Uniform(7),
                new Scheduler.FlowMatchEuler(3).schedule(10, 0),
                new Scheduler.FlowUniPc(1000, 5).schedule(20, 0))) {
            for (SdeRule rule : List.of(
                    new SdeRule.FlowGrpo(0.7),
                    new SdeRule.Dance(0.3),
                    new SdeRule.Wan(),
                    new SdeRule.Cps(0.7),
                    new SdeRule.Ddim(1),
                    new SdeRule.SdeDpm(2))) {
                for (int k : new int[] {0, schedule.steps() - 1}) {
                    GaussianStep step = rule.continued(schedule, k);
                    assertThat(step.std())
                            .as("%s on %s, step %s", rule, schedule, k)
                            .isBetween(0.0, 1.01);
                    assertThat(Math.abs(step.latentWeight())).isLessThan(2);
                    assertThat(Math.abs(step.velocityWeight())).isLessThan(2);
                }
            }
        }
        GaussianStep first = new SdeRule.FlowGrpo(0.7).at(new TimeSchedule.Uniform(10), 0);
        assertThat(first.std()).isCloseTo(0.7, within(1e-12));
        assertThat(first.latentWeight()).isCloseTo(1 - 0.245, within(1e-12));
    }

    /** Both families written as their papers write them, in double precision. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42})
    void meansEqualTheirFormulas(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 100; i++) {
            double sigma = random.nextDouble(0.02, 0.999);
            double next = random.nextDouble(0, sigma);
            TimeSchedule schedule = next == 0 ? TimeSchedule.of(sigma, 0) : TimeSchedule.of(1, sigma, next, 0);
            double x = random.nextDouble(-2, 2);
            double v = random.nextDouble(-2, 2);
            double dt = next - sigma;
            double a = random.nextDouble();
            double data = x - sigma * v;
            double noise = x + (1 - sigma) * v;

            double g = a * Math.sqrt(sigma / (1 - sigma));
            double flow = x + (v + g * g / (2 * sigma) * (x + (1 - sigma) * v)) * dt;
            assertThat(mean(new SdeRule.FlowGrpo(a), schedule, x, v)).isCloseTo(flow, within(1e-12));

            double score = -(x - (1 - sigma) * data) / (sigma * sigma);
            double dance = x + v * dt - 0.5 * a * a * score * dt;
            assertThat(mean(new SdeRule.Dance(a), schedule, x, v)).isCloseTo(dance, within(1e-9));

            double cosine = (1 - next) * data + next * Math.cos(a * Math.PI / 2) * noise;
            assertThat(mean(new SdeRule.Cps(a), schedule, x, v)).isCloseTo(cosine, within(1e-12));

            double eta = Math.log((1 - next) / next) - Math.log((1 - sigma) / sigma);
            double dpm = next / sigma * Math.exp(-eta) * x + (1 - next) * (1 - Math.exp(-2 * eta)) * data;
            assertThat(mean(new SdeRule.Ddim(1), schedule, x, v)).isCloseTo(dpm, within(1e-9));

            double past = random.nextDouble(-2, 2);
            double earlier = random.nextDouble(sigma, 1);
            double r = (Math.log((1 - sigma) / sigma) - Math.log((1 - earlier) / earlier)) / eta;
            double half = dpm + 0.5 * (1 - next) * (1 - Math.exp(-2 * eta)) * (data - past) / r;
            double heun = dpm + (1 - next) * ((1 - Math.exp(-2 * eta)) / (-2 * eta) + 1) * (data - past) / r;
            TimeSchedule three = TimeSchedule.of(earlier, sigma, next, 0);
            for (OdeSolver.DpmSolver2M.Form form : OdeSolver.DpmSolver2M.Form.values()) {
                GaussianStep step = new SdeRule.SdeDpm(2, form).continued(three, 1);
                double found = step.latentWeight() * x + step.velocityWeight() * v + step.pastWeight() * past;
                assertThat(found)
                        .as("%s from %s over %s to %s", form, earlier, sigma, next)
                        .isCloseTo(form == OdeSolver.DpmSolver2M.Form.HEUN ? heun : half, within(1e-9));
            }
        }
    }

    private static double mean(SdeRule rule, TimeSchedule schedule, double x, double v) {
        GaussianStep step = rule.at(schedule, schedule.steps() - 2);
        return step.latentWeight() * x + step.velocityWeight() * v;
    }

    @Test
    void wrongParametersAreRefused() {
        assertThatThrownBy(() -> new SdeRule.FlowGrpo(Double.NaN)).hasMessageContaining("noiseLevel (NaN)");
        assertThatThrownBy(() -> new SdeRule.Dance(-1)).hasMessageContaining("eta (-1.0)");
        assertThatThrownBy(() -> new SdeRule.Cps(1.1)).hasMessageContaining("noiseLevel (1.1)");
        assertThatThrownBy(() -> new SdeRule.Ddim(Double.NaN)).hasMessageContaining("eta (NaN)");
        assertThatThrownBy(() -> new SdeRule.SdeDpm(3)).hasMessageContaining("order (3");
        assertThatThrownBy(() -> new SdeRule.Table(List.of(0.1, -1.0))).hasMessageContaining("diffusions[1] (-1.0)");
        SdeRule table = new SdeRule.Table(List.of(0.1));
        TimeSchedule schedule = new TimeSchedule.Uniform(3);
        assertThatThrownBy(() -> table.at(schedule, 0)).hasMessageContaining("1 entries but the schedule has 3 steps");
        GaussianStep silent = new SdeRule.Dance(0).at(schedule, 0);
        NDArray one = array(1);
        assertThatThrownBy(() -> Likelihood.GAUSSIAN_MEAN.logProb(one, one, silent))
                .hasMessageContaining("adds no noise");
        assertThatThrownBy(() -> KlForm.EXACT.divergence(one, one, silent)).hasMessageContaining("adds no noise");
    }
}
