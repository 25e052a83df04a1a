package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.grpo.PolicyLoss.PpoClip;
import dev.sluice.grpo.PolicyLoss.Terms;
import java.util.SplittableRandom;
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
