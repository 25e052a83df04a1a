package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Ema;
import dev.sluice.flow.OdeSampler;
import dev.sluice.flow.tensor.NoiseSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluationTest {
    private static Evaluation evaluation(int chunk) {
        AlignmentTask task = GaussianWorld.task(GaussianWorld.nearness(0.2));
        return new Evaluation(task, new OdeSampler(GaussianWorld.SCHEDULE), 3, chunk, 100);
    }

    @ParameterizedTest(name = "chunks of {0}")
    @ValueSource(ints = {1, 4, 15, 100})
    void scoresDependOnPromptAndSeedAlone(int chunk) {
        try (GaussianWorld world = new GaussianWorld(0.5, 0.1f, 0)) {
            List<Evaluation.Judged> judged = new ArrayList<>();
            Evaluation.Report report =
                    evaluation(chunk).run(world.manager, world.lanes, world.policy.current(), judged::add);
            Evaluation.Report once =
                    evaluation(7).run(world.manager, world.lanes, world.policy.current(), Evaluation.Listener.NONE);
            assertThat(report).isEqualTo(once);
            assertThat(judged).hasSize(15);
            for (int i = 0; i < 15; i++) {
                assertThat(judged.get(i).index()).isEqualTo(i);
                assertThat(judged.get(i).seed()).isEqualTo(100 + i);
                assertThat(judged.get(i).prompt().text()).isEqualTo("prompt " + i / 3);
                // The ODE of this world is linear, so its result is close to τ times the noise of that seed.
                float[] noise = NoiseSource.of(100 + i).gaussian(3);
                float[] made = GaussianWorld.values(judged.get(i).media());
                assertThat(made[0] - made[1]).isEqualTo((float) (0.5 * (noise[0] - noise[1])), Offset.offset(0.4f));
            }
            assertThat(report.tasks().keySet()).containsExactly("even", "odd");
            assertThat(report.tasks().get("even").count()).isEqualTo(9);
            assertThat(report.overall().low()).isLessThan(report.overall().mean());
            assertThat(report.overall().high()).isGreaterThan(report.overall().mean());
            assertThat(report.taskMean())
                    .isEqualTo((report.tasks().get("even").mean()
                                    + report.tasks().get("odd").mean())
                            / 2);
        }
    }

    @Test
    void aSampleWithoutAScoreIsCountedAndLeftOut() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0)) {
            AlignmentTask task = GaussianWorld.task(
                    GaussianWorld.each(sample -> sample.prompt().endsWith("1") ? Double.NaN : 1));
            Evaluation.Report report = new Evaluation(task, new OdeSampler(GaussianWorld.SCHEDULE), 1, 2, 0)
                    .run(world.manager, world.lanes, world.policy.current(), Evaluation.Listener.NONE);
            assertThat(report.invalid()).isEqualTo(1);
            assertThat(report.overall().mean()).isEqualTo(1);
            assertThat(report.overall().count()).isEqualTo(4);
        }
    }

    /** Wilson's interval by its defining equation: the ends are where |p̂ − p| = z·√(p(1 − p)/n). */
    @ParameterizedTest
    @CsvSource({"0, 10", "10, 10", "3, 10", "81, 263"})
    void wilsonsIntervalSolvesItsEquation(int successes, int n) {
        double[][] scores = new double[n][1];
        for (int i = 0; i < successes; i++) {
            scores[i][0] = 1;
        }
        Interval interval = Interval.of(scores);
        assertThat(interval.method()).isEqualTo("wilson");
        double mean = (double) successes / n;
        for (double end : new double[] {interval.low(), interval.high()}) {
            double z = 1.959963984540054;
            assertThat((mean - end) * (mean - end)).isEqualTo(z * z * end * (1 - end) / n, Offset.offset(1e-12));
        }
        assertThat(interval.low()).isLessThan(interval.high());
    }

    @Test
    void clustersThatAreAllRightOrAllWrongKeepAWidth() {
        double[][] right = new double[24][4];
        for (double[] cluster : right) {
            Arrays.fill(cluster, 1);
        }
        Interval single = Interval.of(
                Arrays.stream(right).map(cluster -> Arrays.copyOf(cluster, 1)).toArray(double[][]::new));
        assertThat(Interval.of(right).low()).isEqualTo(single.low()).isLessThan(0.9);
        assertThat(Interval.of(right).count()).isEqualTo(96);
        assertThat(Interval.of(new double[24][4]).high()).isGreaterThan(0.1);
    }

    @Test
    void theMeanOfPartsIsAsWideAsIndependentPartsMakeIt() {
        Interval one = new Interval(0.5, 0.4, 0.6, 10, "a");
        Interval two = new Interval(0.9, 0.7, 0.95, 30, "b");
        Interval mean = Interval.meanOf(List.of(one, two, Interval.of(new double[0][0])));
        assertThat(mean.mean()).isEqualTo(0.7, Offset.offset(1e-12));
        assertThat(mean.low()).isEqualTo(0.7 - Math.hypot(0.1, 0.2) / 2, Offset.offset(1e-12));
        assertThat(mean.high()).isEqualTo(0.7 + Math.hypot(0.1, 0.05) / 2, Offset.offset(1e-12));
        assertThat(mean.count()).isEqualTo(40);
        assertThat(Interval.meanOf(List.of()).mean()).isNaN();
    }

    @Test
    void theBootstrapHasTheWidthOfTheNormalIntervalAndKeepsClustersTogether() {
        NoiseSource random = NoiseSource.of(3);
        double[][] single = new double[400][1];
        double[][] repeated = new double[400][4];
        for (int i = 0; i < 400; i++) {
            single[i][0] = random.gaussian(1)[0];
            Arrays.fill(repeated[i], single[i][0]);
        }
        Interval one = Interval.of(single);
        assertThat(one.method()).isEqualTo("bootstrap");
        double deviation = Moments.of(
                        Arrays.stream(single).mapToDouble(s -> s[0]).toArray())
                .deviation(1);
        assertThat(one.high() - one.low()).isEqualTo(2 * 1.96 * deviation / 20, Offset.offset(0.03));
        Interval four = Interval.of(repeated);
        assertThat(four.high() - four.low()).isEqualTo(one.high() - one.low(), Offset.offset(1e-9));
        assertThat(four.count()).isEqualTo(1600);
        assertThat(Interval.of(new double[3][0]).method()).isEqualTo("none");
    }

    @ParameterizedTest
    @CsvSource({"a, 0.9, 1, 12", "b, 0.9, 8, 40", "c, 0.999, 2, 15"})
    void theMovingAverageEqualsTheReferences(String which, double decay, int interval, int steps) {
        try (Golden golden = Golden.of("grpo-stats/golden.safetensors")) {
            String name = "ema." + which + ".";
            NDArray parameter = golden.get(name + "initial").duplicate();
            NDArray rows = golden.get(name + "parameters");
            Ema.Options options = new Ema.Options(decay, interval);
            assertThat(rows.getShape()).isEqualTo(new Shape(steps, 10));
            try (Ema ema = new Ema(parameter.getManager(), Map.of("p", parameter), options)) {
                for (int s = 0; s < steps; s++) {
                    assertThat(options.decayAt(s)).isEqualTo(golden.doubles(name + "decay")[s], Offset.offset(1e-6));
                    ema.step(Map.of("p", rows.get(s)), s);
                    float[] expected = golden.get(name + "average").get(s).toFloatArray();
                    assertThat(ema.values().get("p").toFloatArray())
                            .as("step %s", s)
                            .containsExactly(expected, Offset.offset(1e-5f));
                }
            }
        }
    }
}
