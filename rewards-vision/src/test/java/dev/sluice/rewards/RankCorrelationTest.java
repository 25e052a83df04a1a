package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RankCorrelationTest {
    @Test
    void valuesAreThoseOfTheReferences() {
        double[] rising = {1, 2, 3, 4};
        double[] swapped = {1, 3, 2, 4};
        assertThat(RankCorrelation.spearman(rising, swapped).orElseThrow()).isCloseTo(0.8, within(1e-12));
        assertThat(RankCorrelation.kendall(rising, swapped).orElseThrow()).isCloseTo(2 / 3.0, within(1e-12));
        double[] tied = {1, 2, 2, 3};
        double[] other = {1, 3, 2, 2};
        assertThat(RankCorrelation.spearman(tied, other).orElseThrow()).isCloseTo(0.5, within(1e-12));
        assertThat(RankCorrelation.kendall(tied, other).orElseThrow()).isCloseTo(0.4, within(1e-12));
    }

    /** Both definitions, written out over all pairs. */
    @Test
    void anySizeAgreesWithTheDefinition() {
        Random random = new Random(3);
        for (int n : new int[] {2, 3, 7, 50, 211}) {
            double[] a = random.doubles(n).map(x -> Math.rint(8 * x)).toArray();
            double[] b = random.doubles(n).map(x -> Math.rint(5 * x)).toArray();
            double ordered = 0;
            double toldA = 0;
            double toldB = 0;
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < i; j++) {
                    ordered += Math.signum(a[i] - a[j]) * Math.signum(b[i] - b[j]);
                    toldA += a[i] != a[j] ? 1 : 0;
                    toldB += b[i] != b[j] ? 1 : 0;
                }
            }
            OptionalDouble found = RankCorrelation.kendall(a, b);
            if (toldA > 0 && toldB > 0) {
                assertThat(found.orElseThrow()).isCloseTo(ordered / Math.sqrt(toldA * toldB), within(1e-12));
            } else {
                assertThat(found).isEmpty();
            }
        }
    }

    @Test
    void whatDoesNotVaryHasNoneAndWhatIsMissingDoesNotCount() {
        double[] flat = {2, 2, 2};
        double[] some = {1, 2, 3};
        assertThat(RankCorrelation.spearman(flat, some)).isEmpty();
        assertThat(RankCorrelation.kendall(some, flat)).isEmpty();
        assertThat(RankCorrelation.kendall(new double[0], new double[0])).isEmpty();
        double[] holes = {4, Double.NaN, 3, 2, 1};
        double[] full = {1, 9, 2, 3, Double.NaN};
        assertThat(RankCorrelation.kendall(holes, full)).hasValue(-1);
        assertThat(RankCorrelation.spearman(holes, full).orElseThrow()).isCloseTo(-1, within(1e-12));
        assertThatThrownBy(() -> RankCorrelation.kendall(flat, new double[1]))
                .hasMessage("one and other have 3 and 1 entries; they must be equal.");
    }
}
