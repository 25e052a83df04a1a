package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PRDP's arithmetic. */
class RewardDifferenceTest {
    private static final Offset<Double> EXACT = Offset.offset(1e-12);
    private static final int[][] ONE_GROUP = {{0, 1, 2}};
    private static final double[] REWARDS = {1, 3, 2};

    private static double[][] rows(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] rows = new double[3][];
        Arrays.setAll(rows, i -> random.doubles(4, -0.5, 0.5).toArray());
        return rows;
    }

    @Test
    void atTheReferenceTheLossIsTheMeanSquareOfWhatIsMissing() {
        RewardDifference loss = new RewardDifference(0.5, 0.1);
        double[][] zeros = new double[3][4];
        RewardDifference.Result result = loss.of(zeros, zeros, REWARDS, ONE_GROUP);
        assertThat(result.value()).isEqualTo((4 * (1 + 1 + 4)) / 3.0, EXACT);
        // The gradient is −(2/β)·mean ΔR·∇(q_a − q_b), here for sample 1, which is better than both others.
        assertThat(result.slopes()[1]).containsOnly(new double[] {-2 / 0.5 * (1 + 2) / 3 / 4}, EXACT);
        assertThat(Arrays.stream(result.slopes())
                        .flatMapToDouble(Arrays::stream)
                        .sum())
                .as("a pair pulls both its samples alike")
                .isEqualTo(0, EXACT);
    }

    @Test
    void atTheOptimumNothingIsLeft() {
        RewardDifference loss = new RewardDifference(0.5, Double.POSITIVE_INFINITY);
        double[][] optimum = new double[3][4];
        for (int i = 0; i < 3; i++) {
            Arrays.fill(optimum[i], REWARDS[i] / 0.5 + 9);
        }
        RewardDifference.Result result = loss.of(optimum, new double[3][4], REWARDS, ONE_GROUP);
        assertThat(result.value()).isEqualTo(0, EXACT);
        assertThat(result.measures()).containsEntry(Measures.ACCURACY, 1.0);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.4, Double.POSITIVE_INFINITY})
    void slopesAreFiniteDifferencesOfTheValue(double clipRange) {
        RewardDifference loss = new RewardDifference(2, clipRange);
        for (long seed : new long[] {1, 7, 42}) {
            double[][] now = rows(seed);
            double[][] old = rows(seed + 1);
            double[][] slopes = loss.of(now, old, REWARDS, ONE_GROUP).slopes();
            for (int i = 0; i < 3; i++) {
                for (int k = 0; k < 4; k++) {
                    double at = now[i][k];
                    now[i][k] = at + 1e-6;
                    double up = loss.of(now, old, REWARDS, ONE_GROUP).value();
                    now[i][k] = at - 1e-6;
                    double down = loss.of(now, old, REWARDS, ONE_GROUP).value();
                    now[i][k] = at;
                    assertThat(slopes[i][k]).isEqualTo((up - down) / 2e-6, Offset.offset(1e-7));
                }
            }
        }
    }

    @Test
    void theWorseOfTheFreeAndTheHeldLossCounts() {
        double[][] now = rows(3);
        double[][] old = rows(4);
        double free = new RewardDifference(2, Double.POSITIVE_INFINITY)
                .of(now, old, REWARDS, ONE_GROUP)
                .value();
        assertThat(new RewardDifference(2, 0.01)
                        .of(now, old, REWARDS, ONE_GROUP)
                        .value())
                .isGreaterThan(free);
    }

    @Test
    void withoutAPairThereIsNothingToLearn() {
        RewardDifference loss = new RewardDifference(2, 0.1);
        RewardDifference.Result result = loss.of(rows(1), rows(2), new double[] {1, 1, 1}, ONE_GROUP);
        assertThat(result.value()).isZero();
        assertThat(result.slopes()[0]).containsOnly(0.0);
        assertThat(loss.of(rows(1), rows(2), REWARDS, new int[][] {{0}, {1}, {2}})
                        .value())
                .isZero();
        assertThatThrownBy(() -> new RewardDifference(0, 1)).hasMessageContaining("beta (0.0)");
        assertThatThrownBy(() -> new RewardDifference(1, 0)).hasMessageContaining("clipRange (0.0)");
    }
}
