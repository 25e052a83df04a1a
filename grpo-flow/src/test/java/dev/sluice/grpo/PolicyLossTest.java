package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.grpo.PolicyLoss.PpoClip;
import dev.sluice.grpo.PolicyLoss.Terms;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyLossTest {
    /** The published formula, literally. */
    private static double literal(double[] l, double[] a, double below, double above) {
        double sum = 0;
        for (int i = 0; i < l.length; i++) {
            double ratio = Math.exp(l[i]);
            double clipped = Math.min(Math.max(ratio, 1 - below), 1 + above);
            sum += Math.max(-a[i] * ratio, -a[i] * clipped);
        }
        return sum / l.length;
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42, -1})
    void valueIsTheFormulaAndDerivativesAreItsDifferences(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int size = random.nextInt(1, 20);
        double below = random.nextDouble() * 0.3;
        double above = random.nextDouble() * 0.3;
        double[] l = random.doubles(size, -0.6, 0.6).toArray();
        double[] a = random.doubles(size, -3, 3).toArray();
        Terms terms = new PpoClip(new ClipRule(below, above)).of(l, a);
        assertThat(terms.value()).isEqualTo(literal(l, a, below, above), Offset.offset(1e-12));
        for (int i = 0; i < size; i++) {
            double at = l[i];
            l[i] = at + 1e-6;
            double up = literal(l, a, below, above);
            l[i] = at - 1e-6;
            double down = literal(l, a, below, above);
            l[i] = at;
            assertThat(terms.derivatives()[i])
                    .as("seed %s, sample %s", seed, i)
                    .isEqualTo((up - down) / 2e-6, Offset.offset(1e-8));
        }
    }

    @Test
    void atRatioOneTheGradientIsThatOfReinforce() {
        Terms terms = new PpoClip(ClipRule.symmetric(1e-4)).of(new double[3], new double[] {2, -1, 0.5});
        assertThat(terms.derivatives()).containsExactly(-2 / 3.0, 1 / 3.0, -0.5 / 3);
        assertThat(terms.clipped()).isZero();
        assertThat(terms.approximateKl()).isZero();
    }

    @Test
    void aSampleThatLeftTheRangeTheWayItIsPushedStopsTeaching() {
        double[] l = {0.5, 0.5, -0.5, -0.5};
        Terms terms = new PpoClip(ClipRule.symmetric(0.1)).of(l, new double[] {1, -1, -1, 1});
        assertThat(terms.derivatives()[0]).isZero();
        assertThat(terms.derivatives()[1]).isPositive();
        assertThat(terms.derivatives()[2]).isZero();
        assertThat(terms.derivatives()[3]).isNegative();
        assertThat(terms.clippedAbove()).isEqualTo(0.5);
        assertThat(terms.clippedBelow()).isEqualTo(0.5);
        assertThat(new PpoClip(ClipRule.none())
                        .of(l, new double[] {1, -1, -1, 1})
                        .derivatives())
                .doesNotContain(0.0);
    }

    /** Losses that share a ratio, one by one and by what praises and blames a sample. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42, -1})
    void lossesBesideEachOtherAreTheSumOfTheLosses(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int size = random.nextInt(1, 20);
        PpoClip loss = new PpoClip(new ClipRule(random.nextDouble() * 0.3, random.nextDouble() * 0.3));
        double[] l = random.doubles(size, -0.6, 0.6).toArray();
        double[] weights = {0.4, 1, 2.5};
        Advantages all = null;
        double value = 0;
        double[] derivatives = new double[size];
        for (double weight : weights) {
            double[][] rows = new double[size][1];
            double[] weighed = new double[size];
            for (int i = 0; i < size; i++) {
                rows[i][0] = random.nextDouble(-3, 3);
                weighed[i] = rows[i][0];
            }
            Terms one = loss.of(l, weighed);
            value += weight * one.value();
            for (int i = 0; i < size; i++) {
                derivatives[i] += weight * one.derivatives()[i];
            }
            Advantages own = new Advantages(rows).times(weight);
            all = all == null ? own : all.beside(own);
        }
        int[] rows = IntStream.range(0, size).toArray();
        Advantages.Column column = all.column(0, rows, 0);
        Terms terms = loss.of(l, column.values(), column.opposed());
        assertThat(terms.value()).isEqualTo(value, Offset.offset(1e-12));
        assertThat(terms.derivatives()).containsExactly(derivatives, Offset.offset(1e-12));
        Terms still = loss.of(new double[size], column.values(), column.opposed());
        assertThat(still.derivatives())
                .as("at ratio 1 it is the sum of the advantages")
                .containsExactly(loss.of(new double[size], column.values()).derivatives());
        assertThat(still.value())
                .isEqualTo(loss.of(new double[size], column.values()).value());
    }

    /** Praise of 3 and blame of 2 with ratios of 1.5, 1 and 0.5 and a range of 0.2: −3·1.2 + 2·1.5, −3 + 2, −3·0.5 + 2·0.8. */
    @Test
    void outsideTheRangePraiseAndBlameNoLongerMakeUpForEachOther() {
        PpoClip loss = new PpoClip(ClipRule.symmetric(0.2));
        double[] l = {Math.log(1.5), 0, Math.log(0.5)};
        Advantages praise = new Advantages(new double[][] {{3}, {3}, {3}});
        Advantages.Column column =
                praise.beside(new Advantages(new double[][] {{-2}, {-2}, {-2}})).column(0, new int[] {0, 1, 2}, 0);
        assertThat(column.values()).containsExactly(1, 1, 1);
        assertThat(column.opposed()).containsExactly(2, 2, 2);
        Terms losses = loss.of(l, column.values(), column.opposed());
        assertThat(losses.value()).isEqualTo((-0.6 - 1 + 0.1) / 3, Offset.offset(1e-12));
        assertThat(losses.derivatives())
                .containsExactly(new double[] {2 * 1.5 / 3, -1.0 / 3, -3 * 0.5 / 3}, Offset.offset(1e-12));
        Terms sum = loss.of(l, column.values());
        assertThat(sum.value()).isEqualTo((-1.2 - 1 - 0.5) / 3, Offset.offset(1e-12));
        assertThat(sum.derivatives()).containsExactly(new double[] {0, -1.0 / 3, -0.5 / 3}, Offset.offset(1e-12));
        assertThat(losses.clipped()).isEqualTo(sum.clipped()).isEqualTo(2.0 / 3);
    }

    /** The losses are divided by 3 accumulated steps times 4 trained ones. */
    @ParameterizedTest
    @CsvSource({"pos, 2", "neg, -1.5", "big, 5"})
    void equalsDanceGrposStatements(String name, double advantage) {
        try (Golden golden = Golden.of("extras/golden.safetensors")) {
            double[] now = golden.doubles("dance_loss.new_log_probs");
            double[] old = golden.doubles("dance_loss.old_log_probs");
            for (int k = 0; k < 4; k++) {
                Terms terms = new PpoClip(ClipRule.symmetric(1e-4))
                        .of(new double[] {now[k] - old[k]}, new double[] {advantage});
                assertThat(terms.value() / 12)
                        .isEqualTo(golden.doubles("dance_loss.%s.losses".formatted(name))[k], Offset.offset(1e-6));
                assertThat(terms.derivatives()[0] / 12)
                        .isEqualTo(golden.doubles("dance_loss.%s.grad".formatted(name))[k], Offset.offset(1e-6));
            }
        }
    }

    @Test
    void nanComesThrough() {
        PpoClip loss = new PpoClip(ClipRule.symmetric(0.1));
        assertThat(loss.of(new double[] {0, Double.NaN}, new double[] {1, 0}).value())
                .isNaN();
        assertThat(loss.of(new double[] {0, Double.POSITIVE_INFINITY}, new double[] {1, 1})
                        .value())
                .isNaN();
    }
}
