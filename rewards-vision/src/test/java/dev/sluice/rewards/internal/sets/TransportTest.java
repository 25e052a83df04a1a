package dev.sluice.rewards.internal.sets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransportTest {
    private static double[][] distances(double[] x, double[] y) {
        return Arrays.stream(x)
                .mapToObj(a -> Arrays.stream(y).map(b -> Math.abs(a - b)).toArray())
                .toArray(double[][]::new);
    }

    private static double[] draw(int n, SplittableRandom random) {
        return random.doubles(n).toArray();
    }

    /** With two points each, P₁₁ = ½·1/(1 + e^(−c/ε)). */
    @ParameterizedTest
    @ValueSource(doubles = {1e-3, 0.05, 0.3, 2, 50})
    void ofTwoPointsThePlanIsALogisticFunction(double epsilon) {
        double c = 0.7;
        Transport found = Transport.of(new double[][] {{0, c}, {c, 0}}, epsilon, 1000);
        assertThat(found.plan()[0][0]).isCloseTo(0.5 / (1 + Math.exp(-c / epsilon)), within(1e-12));
        assertThat(found.cost()).isCloseTo(c / (1 + Math.exp(c / epsilon)), within(1e-12));
    }

    /** On a line the best matching is that of the sorted points. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void onALineTheLeastIsMatchedWithTheLeast(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int n = random.nextInt(2, 12);
        double[] x = draw(n, random);
        double[] y = draw(n, random);
        double cost = Transport.of(distances(x, y), 2e-4, 20_000).cost();
        Arrays.sort(x);
        Arrays.sort(y);
        double exact =
                IntStream.range(0, n).mapToDouble(i -> Math.abs(x[i] - y[i])).sum() / n;
        assertThat(cost).as("seed %s, %s points", seed, n).isCloseTo(exact, within(2e-3));
    }

    /** Each of n points takes m/n of m sorted ones: the mean of the differences of the quantiles. */
    @Test
    void setsOfDifferentSizesShareTheirWeights() {
        double[] x = {0.1, 0.9};
        double[] y = {0, 0.2, 0.5, 0.8};
        double exact = (0.1 + 0.1 + 0.4 + 0.1) / 4;
        Transport found = Transport.of(distances(x, y), 5e-4, 20_000);
        assertThat(found.cost()).isCloseTo(exact, within(1e-3));
        for (double[] row : found.plan()) {
            assertThat(Arrays.stream(row).sum()).isCloseTo(0.5, within(1e-12));
        }
        for (int j = 0; j < 4; j++) {
            int column = j;
            assertThat(Arrays.stream(found.plan())
                            .mapToDouble(row -> row[column])
                            .sum())
                    .isCloseTo(0.25, within(1e-4));
        }
    }

    @Test
    void identicalSetsCostNothingAndEachPointIsMatchedWithItself() {
        double[] x = {0, 0.4, 1.1, 1.6, 2};
        Transport found = Transport.of(distances(x, x), 0.01, 1000);
        assertThat(found.cost()).isBetween(0.0, 1e-12);
        for (int i = 0; i < x.length; i++) {
            assertThat(found.plan()[i][i]).isCloseTo(0.2, within(1e-12));
        }
        assertThat(Transport.of(new double[4][7], 0.05, 100).cost()).isZero();
    }

    @Test
    void permutedPointsAreFoundAgainAndThePlanIsPermutedWithThem() {
        SplittableRandom random = new SplittableRandom(5);
        double[] x = {0, 1, 2, 3, 4, 5};
        int[] order = {3, 0, 5, 1, 4, 2};
        double[] y = Arrays.stream(order).mapToDouble(i -> x[i]).toArray();
        Transport found = Transport.of(distances(x, y), 0.02, 1000);
        assertThat(found.cost()).isCloseTo(0, within(1e-12));
        for (int j = 0; j < order.length; j++) {
            assertThat(found.plan()[order[j]][j]).isCloseTo(1 / 6.0, within(1e-12));
        }
        double[][] costs = distances(draw(6, random), draw(4, random));
        double[][] moved = Arrays.stream(order).mapToObj(i -> costs[i]).toArray(double[][]::new);
        Transport one = Transport.of(costs, 0.05, 500);
        Transport other = Transport.of(moved, 0.05, 500);
        assertThat(other.cost()).isCloseTo(one.cost(), within(1e-12));
        for (int i = 0; i < order.length; i++) {
            assertThat(other.plan()[i]).containsExactly(one.plan()[order[i]], within(1e-9));
        }
    }

    @Test
    void muchBlurMatchesAllWithAllAndNoneOverflows() {
        double[][] costs = distances(new double[] {0, 1, 2}, new double[] {5, 7});
        Transport blurred = Transport.of(costs, 1e6, 100);
        assertThat(blurred.plan()[2][1]).isCloseTo(1 / 6.0, within(1e-5));
        assertThat(blurred.cost()).isCloseTo(5, within(1e-5));
        assertThat(Transport.of(costs, 1e-4, 100).cost()).isFinite().isCloseTo(5, within(1e-9));
    }
}
