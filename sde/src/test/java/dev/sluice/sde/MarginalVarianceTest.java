package dev.sluice.sde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Data from N(m, τ²): every rule maps u = x − (1 − σ)·m to A·u + s·n, so the variance of the samples is a recursion. This is
 * what proves the drift that makes up for the noise.
 */
class MarginalVarianceTest {
    private static final double TAU = 0.4;

    /** v = c(σ)·u − m. */
    private static double slope(double sigma, double tau) {
        double s = (1 - sigma) * (1 - sigma) * tau * tau + sigma * sigma;
        return (sigma - (1 - sigma) * tau * tau) / s;
    }

    private static double variance(SdeRule rule, TimeSchedule schedule, double tau) {
        return variance(
                rule,
                schedule,
                tau,
                IntStream.range(0, schedule.steps()).boxed().collect(Collectors.toSet()));
    }

    /** The steps that are not stochastic are the ODE's. */
    private static double variance(SdeRule rule, TimeSchedule schedule, double tau, Set<Integer> stochastic) {
        double variance = 1;
        for (int k = 0; k < schedule.steps(); k++) {
            GaussianStep step = (stochastic.contains(k) ? rule : new SdeRule.Dance(0)).at(schedule, k);
            double a = step.latentWeight() + step.velocityWeight() * slope(step.sigma(), tau);
            variance = a * a * variance + step.std() * step.std();
        }
        return variance;
    }

    /** Computed by an independent script in double precision; the data's variance is 0.16. */
    @ParameterizedTest
    @CsvSource({
        "10, 0.115000, 0.123414, 0.145044, 0.085079, 0.091408",
        "100, NaN, 0.155832, 0.159777, 0.110572, 0.148407",
        "1000, NaN, 0.159577, 0.160482, 0.115192, 0.158712",
        "100000, NaN, 0.159996, 0.160074, 0.116270, 0.159987",
    })
    void variancesOnUniformGrids(int steps, double ode, double dance, double flow, double cps, double ddim) {
        assertVariances(new TimeSchedule.Uniform(steps), ode, dance, flow, cps, ddim);
    }

    /**
     * The second order's ẑ is m + β·u with β = (1 − σ)·τ²/S, so u' = A·u + c·β_before·u_before + s·n, and the variance is a recursion
     * with the covariance of neighbours. Its error falls as the square of the step's length, that of the first order as the length.
     */
    @ParameterizedTest
    @CsvSource({
        "10, 0.091408, 0.158685, 0.180702",
        "40, 0.134408, 0.169259, 0.174862",
        "100, 0.148407, 0.162217, 0.163269",
        "1000, 0.158712, 0.160036, 0.160050",
        "10000, 0.159869, 0.160001, 0.160001"
    })
    void variancesOfSdeDpmSolver(int steps, double first, double midpoint, double heun) {
        TimeSchedule schedule = new TimeSchedule.Uniform(steps);
        assertThat(lookingBack(new SdeRule.SdeDpm(1), schedule)).isCloseTo(first, within(1e-6));
        assertThat(lookingBack(new SdeRule.SdeDpm(2), schedule)).isCloseTo(midpoint, within(1e-6));
        assertThat(lookingBack(new SdeRule.SdeDpm(2, OdeSolver.DpmSolver2M.Form.HEUN), schedule))
                .isCloseTo(heun, within(1e-6));
    }

    private static double lookingBack(SdeRule rule, TimeSchedule schedule) {
        double variance = 1;
        double before = 0;
        double covariance = 0;
        double dataBefore = 0;
        for (int k = 0; k < schedule.steps(); k++) {
            GaussianStep step = k == 0 ? rule.at(schedule, k) : rule.continued(schedule, k);
            double a = step.latentWeight() + step.velocityWeight() * slope(step.sigma(), TAU);
            double c = step.pastWeight() * dataBefore;
            double next = a * a * variance + 2 * a * c * covariance + c * c * before + step.std() * step.std();
            covariance = a * variance + c * covariance;
            before = variance;
            variance = next;
            dataBefore = 1 - step.sigma() * slope(step.sigma(), TAU);
        }
        return variance;
    }

    @Test
    void variancesOnSd3sGrid() {
        assertVariances(
                TimeSchedule.of(
                        1, 0.960129, 0.913349, 0.857692, 0.790368, 0.707278, 0.602151, 0.464876, 0.278049, 0.008929, 0),
                0.071751,
                0.085869,
                0.112307,
                0.058670,
                0.057810);
    }

    private static void assertVariances(TimeSchedule schedule, double... expected) {
        List<SdeRule> rules = List.of(
                new SdeRule.Dance(0),
                new SdeRule.Dance(0.3),
                new SdeRule.FlowGrpo(0.7),
                new SdeRule.Cps(0.7),
                new SdeRule.Ddim(1));
        for (int i = 0; i < expected.length; i++) {
            if (!Double.isNaN(expected[i])) {
                assertThat(variance(rules.get(i), schedule, TAU))
                        .as("%s on %s steps", rules.get(i), schedule.steps())
                        .isCloseTo(expected[i], within(1e-5));
            }
        }
    }

    @Test
    void cpsKeepsAPointMassOnTheGridAndFlowSdeOvershoots() {
        for (int steps : new int[] {2, 7, 40}) {
            TimeSchedule schedule = TimeSchedule.of(1, 0.9, 0.8, 0.7, 0.5, 0.1, 0);
            double variance = 1;
            for (int k = 0; k < schedule.steps(); k++) {
                GaussianStep step = new SdeRule.Cps(0.1 * steps % 1).at(schedule, k);
                double a = step.latentWeight() + step.velocityWeight() * slope(step.sigma(), 0);
                variance = a * a * variance + step.std() * step.std();
                assertThat(variance).isCloseTo(step.next() * step.next(), within(1e-12));
            }
        }
        TimeSchedule schedule = TimeSchedule.of(0.95, 0.7, 0.5, 0);
        GaussianStep step = new SdeRule.FlowGrpo(0.7).at(schedule, 1);
        double a = step.latentWeight() + step.velocityWeight() / 0.7;
        assertThat(a * a * 0.49 + step.std() * step.std()).isCloseTo(0.25 + 0.092011111, within(1e-8));
        GaussianStep earlier = new SdeRule.FlowGrpo(0.7).at(TimeSchedule.of(0.95, 0.9, 0.8, 0), 1);
        double b = earlier.latentWeight() + earlier.velocityWeight() / 0.9;
        assertThat(b * b * 0.81 + earlier.std() * earlier.std()).isCloseTo(0.64 + 0.109025, within(1e-8));
    }

    /** Wherever the window lies, the noise in it and the drift that makes up for it leave the data's variance. */
    @ParameterizedTest
    @CsvSource({"0.05, 0.4", "0.3, 0.7", "0.5, 0.51", "0.1, 0.9"})
    void aWindowOfNoiseKeepsTheDatasVariance(double from, double to) {
        for (SdeRule rule : List.of(new SdeRule.FlowGrpo(0.7), new SdeRule.Dance(0.3), new SdeRule.Ddim(1))) {
            double[] errors = new double[2];
            for (int i = 0; i < 2; i++) {
                int steps = i == 0 ? 1000 : 100_000;
                // Flow-SDE's first step has the variance 1 + a⁴/4 on any grid, and only the steps after it take that
                // away.
                int first = Math.max(1, (int) (from * steps));
                Set<Integer> window =
                        IntStream.range(first, (int) (to * steps)).boxed().collect(Collectors.toSet());
                errors[i] = Math.abs(variance(rule, new TimeSchedule.Uniform(steps), TAU, window) - TAU * TAU);
            }
            assertThat(errors[0]).as("%s", rule).isLessThan(2e-3);
            assertThat(errors[1]).as("%s", rule).isLessThan(errors[0] / 20);
        }
    }

    /** Noise without its drift, to see that the test above can fail. */
    @Test
    void noiseWithoutItsDriftWouldNot() {
        TimeSchedule schedule = new TimeSchedule.Uniform(100_000);
        double variance = 1;
        for (int k = 0; k < schedule.steps(); k++) {
            GaussianStep ode = new SdeRule.Dance(0).at(schedule, k);
            double a = 1 + ode.velocityWeight() * slope(ode.sigma(), TAU);
            double std = new SdeRule.Dance(0.3).at(schedule, k).std();
            variance = a * a * variance + std * std;
        }
        assertThat(variance).isGreaterThan(TAU * TAU + 0.01);
    }

    /** One noise in step k: what comes before and after is the ODE's, so the variance has a closed form in S(σ). */
    @Test
    void aSingularStepAddsTheVarianceOfItsOwnNoise() {
        TimeSchedule schedule = new TimeSchedule.Uniform(20_000);
        for (int k : new int[] {4000, 10_000, 15_000}) {
            double next = schedule.sigma(k + 1);
            double spread = (1 - next) * (1 - next) * TAU * TAU + next * next;
            double std = 0.5;
            double diffusion = std / Math.sqrt(schedule.length(k));
            List<Double> table = new ArrayList<>(Collections.nCopies(schedule.steps(), 0.0));
            table.set(k, diffusion);
            double found = variance(new SdeRule.Table(table), schedule, TAU, Set.of(k));
            // The step replaces u by (1 − s²/(2S))·u + s·n up to its own length; the ODE then scales u by τ/√S.
            double kept = 1 - std * std / (2 * spread);
            double expected = (kept * kept * spread + std * std) * TAU * TAU / spread;
            assertThat(found).as("step %s", k).isCloseTo(expected, within(1e-3));
            assertThat(expected).as("which the tolerance would not hide").isGreaterThan(TAU * TAU + 5e-3);
        }
    }

    @Test
    void aTableOfARulesOwnNumbersIsTheRule() {
        TimeSchedule schedule = new TimeSchedule.Shifted(10, 3);
        for (SdeRule rule : List.of(new SdeRule.FlowGrpo(0.7), new SdeRule.Dance(0.3), new SdeRule.Wan())) {
            List<Double> table = IntStream.range(0, 10)
                    .mapToObj(k -> rule.at(schedule, k).diffusion())
                    .toList();
            for (int k = 0; k < 10; k++) {
                GaussianStep own = rule.at(schedule, k);
                GaussianStep same = new SdeRule.Table(table).at(schedule, k);
                assertThat(same.std()).isCloseTo(own.std(), within(1e-14));
                assertThat(same.latentWeight()).isCloseTo(own.latentWeight(), within(1e-13));
                assertThat(same.velocityWeight()).isCloseTo(own.velocityWeight(), within(1e-13));
            }
        }
    }

    /** The sampler itself, not the recursion, over 20 000 trajectories, with noise everywhere, in a window and in one step. */
    @ParameterizedTest
    @CsvSource({"0, 10", "2, 5", "6, 7"})
    void simulatedRolloutsHaveTheVarianceOfTheRecursion(int from, int to) {
        TimeSchedule schedule = new TimeSchedule.Uniform(10);
        SdeRule rule = new SdeRule.FlowGrpo(0.7);
        SdeOptions options =
                new SdeOptions(rule, Likelihood.GAUSSIAN_MEAN, to == 10 ? LastStep.NOISY : LastStep.ODE, false);
        Set<Integer> stochastic = IntStream.range(from, to).boxed().collect(Collectors.toSet());
        List<Integer> steps = IntStream.range(from, Math.min(to, 9)).boxed().toList();
        assertSimulated(options, schedule, steps, variance(rule, schedule, TAU, stochastic));
    }

    @Test
    void simulatedRolloutsOfTheSecondOrderHaveTheVarianceOfTheRecursion() {
        TimeSchedule schedule = new TimeSchedule.Uniform(10);
        List<Integer> steps = IntStream.range(0, 9).boxed().toList();
        for (OdeSolver.DpmSolver2M.Form form : OdeSolver.DpmSolver2M.Form.values()) {
            SdeRule rule = new SdeRule.SdeDpm(2, form);
            assertSimulated(new SdeOptions(rule), schedule, steps, lookingBack(rule, schedule));
        }
    }

    private static void assertSimulated(
            SdeOptions options, TimeSchedule schedule, List<Integer> steps, double expected) {
        int elements = 20_000;
        double mean = 0.7;
        VelocityModel world = new VelocityModel() {
            @Override
            public NDArray velocity(NDArray x, NDArray sigmas, Conditioning conditioning) {
                throw new UnsupportedOperationException("one level only");
            }

            @Override
            public NDArray velocity(NDArray x, double sigma, Conditioning conditioning) {
                return x.sub((1 - sigma) * mean).mul(slope(sigma, TAU)).sub(mean);
            }
        };
        try (NDManager manager = Torch.newManager()) {
            SampleNoise noise = new SampleNoise(3, 0, List.of(1L));
            NDArray initial = noise.initial(manager, new Shape(elements));
            try (Trajectory trajectory =
                    new SdeSampler(options, schedule).rollout(world, initial, null, RolloutPlan.of(steps, noise))) {
                float[] values = trajectory.latents().toFloatArray();
                double sum = 0;
                double squares = 0;
                for (float value : values) {
                    sum += value;
                    squares += (value - mean) * (value - mean);
                }
                double standardError = expected * Math.sqrt(2.0 / elements);
                assertThat(squares / elements).isCloseTo(expected, within(3 * standardError));
                assertThat(sum / elements).isCloseTo(mean, within(3 * Math.sqrt(expected / elements)));
            }
        }
    }
}
